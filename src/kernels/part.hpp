// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "kernels/desc.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// A part of a picture, and where it lies on a canvas that is at least as large. All of both lies plain.
struct PartDesc {
  Shape picture;
  Shape canvas;
  Window window;  // of the canvas
  int top = 0;    // of the part in the picture
  int left = 0;

  /// Where the part's pixel (i, j) lies in a plane of the picture, and of the canvas.
  [[nodiscard]] constexpr std::size_t in_picture(int i, int j) const {
    return static_cast<std::size_t>(top + i) * picture.width + left + j;
  }
  [[nodiscard]] constexpr std::size_t in_canvas(int i, int j) const {
    return static_cast<std::size_t>(window.top + i) * canvas.width + window.left + j;
  }
};

/// What a network told of a part: x + base, [channel][row][column] of the canvas.
struct Telling {
  std::span<const float> x;
  std::span<const float> base;
  /// [row][column] of the canvas: more than 0 where the network was shown the pixel, so that it told nothing.
  std::span<const float> shown;
  float weight = 1;  ///< of a pixel in the middle
  int fade = 1;      ///< so many pixels from an edge of the part weights begin to fall towards it

  [[nodiscard]] constexpr float weight_of(int i, int j, const Window& part) const {
    return weight * ramp(i, part.height) * ramp(j, part.width);
  }

 private:
  [[nodiscard]] constexpr float ramp(int i, int length) const {
    return static_cast<float>(std::min({i + 1, length - i, fade})) / static_cast<float>(fade);
  }
};

/// Weighted sums of what was told of a picture: [channel][row][column], and of the weights, [row][column].
struct ToldSums {
  std::span<float> sum;
  std::span<float> weight;
};

}  // namespace dipper
