// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/desc.hpp"

namespace dipper {

/// One of the eight ways to lay a picture: rows and columns exchanged (4), from below (1), from the right (2).
struct Orientation {
  int number;
  int height;  // of the picture as it is
  int width;

  [[nodiscard]] int rows() const { return (number & 4) != 0 ? width : height; }
  [[nodiscard]] int columns() const { return (number & 4) != 0 ? height : width; }
  /// The index in a plane of the picture as it is of what is at (i, j) of the picture as it is laid. Beyond its edges
  /// it is mirrored.
  [[nodiscard]] std::size_t index(int i, int j) const {
    int row = padded_index(i, rows(), Padding::reflect);
    int column = padded_index(j, columns(), Padding::reflect);
    if ((number & 4) != 0) std::swap(row, column);
    if ((number & 1) != 0) row = height - 1 - row;
    if ((number & 2) != 0) column = width - 1 - column;
    return static_cast<std::size_t>(row) * width + column;
  }
};

}  // namespace dipper
