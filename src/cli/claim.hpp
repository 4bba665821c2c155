// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace dipper::cli {

/// A file that this run alone writes, for as long as this lives. The system lets go of it however the process ends, and
/// nothing of it lies in a folder; it holds among the processes of one machine (of one network namespace).
class Claim {
 public:
  /// Throws Error while another run has it.
  explicit Claim(const std::filesystem::path& file);
  ~Claim();
  Claim(Claim&& other) noexcept;
  Claim& operator=(Claim&&) = delete;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  int socket_ = -1;
};

}  // namespace dipper::cli
