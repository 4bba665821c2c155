// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <ostream>

#include "base/reflect.hpp"

namespace dipper {

/// The size of a tensor: planar CHW, float32, rows and planes without gaps, batch 1.
struct Shape {
  int channels = 1;
  int height = 1;
  int width = 1;

  [[nodiscard]] std::size_t plane() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(channels) * plane(); }
  bool operator==(const Shape&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << s.channels << 'x' << s.height << 'x' << s.width;
}

/// What a convolution reads outside the picture.
enum class Padding { zero, reflect };

/// The index inside [0, n) that position i stands for, or -1 where the padding is zero.
/// Reflection leaves out the edge itself (… 2 1 | 0 1 2 …) and repeats as often as needed, so any n >= 1 works.
[[nodiscard]] constexpr int padded_index(int i, int n, Padding padding) {
  if (i >= 0 && i < n) return i;
  return padding == Padding::zero ? -1 : reflected_index(i, n);
}

}  // namespace dipper
