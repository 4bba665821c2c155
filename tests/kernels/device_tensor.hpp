// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"

namespace dipper {

/// A tensor on the device, in a layer's format.
class DeviceTensor {
 public:
  DeviceTensor(Backend& backend, const Shape& shape, Format format)
      : backend_(&backend),
        shape_(shape),
        format_(format),
        memory_(backend, (backend.bytes(shape, format) + 3) / 4),
        plain_(backend, shape.size()) {}

  void set(const std::vector<float>& values) {
    std::copy_n(values.begin(), shape_.size(), plain_.host().begin());
    plain_.push();
    if (format_ == Format::native) {
      backend_->to_native(shape_, plain_.data(), memory_.data());
    } else {
      memory_.copy_from(plain_);
    }
  }
  void get(std::vector<float>& values) {
    if (format_ == Format::native) {
      backend_->to_plain(shape_, memory_.data(), plain_.data());
    } else {
      plain_.copy_from(memory_);
    }
    std::ranges::copy(plain_.pull(), values.begin());
  }
  [[nodiscard]] float* data() const { return memory_.data(); }

 private:
  Backend* backend_;
  Shape shape_;
  Format format_;
  Buffer memory_;
  Buffer plain_;
};

}  // namespace dipper
