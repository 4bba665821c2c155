// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>

namespace dipper {

/// Bytes of the process that are in memory now; 0 where the system does not say.
[[nodiscard]] std::size_t resident_bytes();

/// Bytes that the process can still take: what the system has left, its control group's limit (cgroups(7)) and its own
/// (setrlimit(2), RLIMIT_AS), whichever is least; the largest number where none of them says. Pages that only keep
/// files at hand count as free. `root` has the system's proc and sys.
[[nodiscard]] std::size_t free_bytes(const std::filesystem::path& root = "/");

/// The most that there have been since the process began.
[[nodiscard]] std::size_t peak_resident_bytes();

/// Floats in one block, zeros at first: aligned to 256 bytes, and on huge pages (madvise(2)) where they are many and
/// the system has them, which saves the time that looking up pages takes.
class Floats {
 public:
  Floats() = default;
  /// Throws std::bad_alloc.
  explicit Floats(std::size_t count);

  /// Whoever takes the memory gives it back to std::free.
  [[nodiscard]] float* release() {
    size_ = 0;
    return data_.release();
  }

  [[nodiscard]] float* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return size_ * sizeof(float); }
  operator std::span<float>() const { return {data(), size_}; }
  operator std::span<const float>() const { return {data(), size_}; }

 private:
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  std::unique_ptr<float, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace dipper
