// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace dipper {

/// The samples of a block of 8x8 pixels, by rows, or its cosine coefficients, [vertical frequency][horizontal
/// frequency].
using JpegBlock = std::array<float, 64>;

/// The orthonormal cosine transform, and back.
[[nodiscard]] JpegBlock coefficients_of(const JpegBlock& samples);
[[nodiscard]] JpegBlock samples_of(const JpegBlock& coefficients);

/// Where blocks lie: the first begins so many pixels, 0 to 7, above and to the left of the plane.
struct JpegGrid {
  static constexpr int side = 8;
  int up = 0;
  int left = 0;

  /// The row and the column at which the first block begins that is whole.
  [[nodiscard]] int first_row() const { return (side - up) % side; }
  [[nodiscard]] int first_column() const { return (side - left) % side; }
};

/// One component of a picture as JPEG codes it: samples from -128 to 127, [row][column].
struct JpegPlane {
  int height = 0;
  int width = 0;
  std::vector<float> values = std::vector<float>(static_cast<std::size_t>(height) * width);

  [[nodiscard]] std::size_t at(int i, int j) const { return static_cast<std::size_t>(i) * width + j; }
  /// The block that begins there. Beyond the edges their pixels are repeated.
  [[nodiscard]] JpegBlock block(int top, int left) const;
  /// As much of it as is inside.
  void set_block(int top, int left, const JpegBlock& block);
};

/// Means of 2x2 pixels, the first of which begin so far above and to the left, 0 or 1.
[[nodiscard]] JpegPlane halved(const JpegPlane& plane, int up, int left);

/// And back, as libjpeg does: a pixel is 3/4 of its own mean and 1/4 of the nearest beside it, along each axis.
[[nodiscard]] JpegPlane doubled(const JpegPlane& half, int height, int width, int up, int left);

}  // namespace dipper
