// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/recipe.hpp"
#include "kernels/desc.hpp"

namespace dipper {

/// Where the picture lies on the canvas that the network draws: in the middle of one of a size that the network can
/// have, with at least `margin` pixels around it.
struct Layout {
  Shape picture;
  Shape canvas;
  int top = 0;
  int left = 0;

  Layout(const Shape& size, int margin, const Recipe& recipe);

  [[nodiscard]] Window window() const { return {top, left, picture.height, picture.width}; }

  /// Calls visit(canvas index, picture index, inside) for each pixel of the canvas, where pixels outside of the picture
  /// mirror those inside. Indices are those of a plane.
  template <class Visit>
  void for_each_pixel(const Visit& visit) const {
    for (int i = 0; i < canvas.height; ++i) {
      const int row = padded_index(i - top, picture.height, Padding::reflect);
      for (int j = 0; j < canvas.width; ++j) {
        const int column = padded_index(j - left, picture.width, Padding::reflect);
        visit(static_cast<std::size_t>(i) * canvas.width + j, static_cast<std::size_t>(row) * picture.width + column,
              row == i - top && column == j - left);
      }
    }
  }

  /// Calls visit(canvas index, picture index) for each row of the picture, channel by channel: where it begins.
  template <class Visit>
  void for_each_row(const Visit& visit) const {
    for (int c = 0; c < picture.channels; ++c) {
      for (int i = 0; i < picture.height; ++i) {
        visit(c * canvas.plane() + static_cast<std::size_t>(i + top) * canvas.width + left,
              c * picture.plane() + static_cast<std::size_t>(i) * picture.width);
      }
    }
  }
};

}  // namespace dipper
