// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace dipper {

/// Makes each value of a plane, [row][column], the sum over the square window around it, 2 * radius + 1 a side, as far
/// as that lies inside; in a time that does not depend on the radius. One plane at a time.
class WindowSums {
 public:
  WindowSums() = default;
  WindowSums(int height, int width, int radius)
      : height_(height), width_(width), radius_(radius), up_to_(std::max(height, width) + 1) {}

  template <class Value>
  void replace(std::span<Value> plane) {
    for (int i = 0; i < height_; ++i) sum_line(plane.data() + static_cast<std::ptrdiff_t>(i) * width_, width_, 1);
    for (int j = 0; j < width_; ++j) sum_line(plane.data() + j, height_, width_);
  }

 private:
  template <class Value>
  void sum_line(Value* line, int length, std::ptrdiff_t stride) {
    for (int n = 0; n < length; ++n) up_to_[n + 1] = up_to_[n] + line[n * stride];
    for (int n = 0; n < length; ++n) {
      const double sum = up_to_[std::min(length, n + radius_ + 1)] - up_to_[std::max(0, n - radius_)];
      line[n * stride] = static_cast<Value>(sum);
    }
  }

  int height_ = 0;
  int width_ = 0;
  int radius_ = 0;
  std::vector<double> up_to_;
};

}  // namespace dipper
