// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/memory.hpp"
#include "kernels/backend.hpp"

namespace dipper {

/// Plain floats as a backend has them, and as the host sees them: one memory where the backend's is the host's, two
/// elsewhere, between which push() and pull() copy.
class Buffer {
 public:
  Buffer() = default;
  /// Memory of its own, zeros at first.
  Buffer(Backend& backend, std::size_t count);
  /// A view of the backend's memory, which must outlive it.
  Buffer(Backend& backend, float* data, std::size_t count) : backend_(&backend), data_(data), size_(count) {}

  /// For the backend's operations.
  [[nodiscard]] float* data() const { return data_; }
  [[nodiscard]] std::span<float> all() const { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// For everybody else; always at the same place. Elsewhere than on a host it is made by the first call.
  [[nodiscard]] std::span<float> host();
  /// The backend gets what the host wrote.
  void push();
  /// The host gets what the backend has; the same as host().
  std::span<float> pull();

  /// Of the same size.
  void copy_from(const Buffer& other) {
    if (size_ > 0) backend_->copy(other.data_, data_, size_);
  }

  /// Of memory of its own, on the backend and on the host.
  [[nodiscard]] std::size_t bytes() const { return owned_ != nullptr ? size_ * sizeof(float) : 0; }

 private:
  Backend* backend_ = nullptr;
  Block owned_;
  float* data_ = nullptr;
  std::size_t size_ = 0;
  Floats host_;
};

}  // namespace dipper
