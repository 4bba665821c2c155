// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace dipper {

/// A folder of its own, where the system has such, that this user alone may enter; it goes with all that is in it.
class TemporaryFolder {
 public:
  /// Throws Error when none can be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace dipper
