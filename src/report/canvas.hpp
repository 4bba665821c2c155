// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// A picture as a screen shows it: 8 bit sRGB, [row][column][3].
struct Canvas {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  [[nodiscard]] std::size_t pixels() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

/// The picture at that size (never more than its own), over a checkerboard where it is transparent, its colour profile
/// applied.
[[nodiscard]] Canvas display(const Image& image, int width, int height);

}  // namespace dipper
