// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace dipper {

/// A file, or a folder as long as it is empty, that goes with this, or when the process ends by remove_unfinished(),
/// unless it was kept. None of it takes memory, so that nothing stays where there is none.
class Unfinished {
 public:
  /// Of nothing.
  Unfinished() = default;
  /// Of what was just made.
  explicit Unfinished(std::string path) noexcept;
  ~Unfinished();
  Unfinished(Unfinished&& other) noexcept;
  Unfinished& operator=(Unfinished&& other) noexcept;
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  /// Empty for nothing.
  [[nodiscard]] const std::string& path() const { return path_; }

  /// It is finished, or has another name now.
  void keep() noexcept;

 private:
  friend void remove_unfinished() noexcept;
  void take(Unfinished& other) noexcept;

  std::string path_;
  Unfinished* before_ = nullptr;  // in the list of all, the latest first
  Unfinished* after_ = nullptr;
};

/// Removes whatever is unfinished, the latest first. For a process that is about to end without its destructors.
void remove_unfinished() noexcept;

}  // namespace dipper
