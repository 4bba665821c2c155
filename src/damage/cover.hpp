// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// The share of pixels that --drop says. Throws Error unless it lies between 0 and 1.
[[nodiscard]] double parse_share(const std::string& text);

/// 1 for the pixels of a picture of `count` that are dropped, each with probability `share`, else 0; at least one is
/// dropped and one is kept. Throws Error when there is only one.
[[nodiscard]] std::vector<float> dropped_pixels(std::size_t count, double share, std::uint64_t seed);

/// How much of each pixel, 0 to 1, scratches cover: thin lines of light as on a scanned film, most of them nearly
/// upright, which waver in place, width and strength, skip a bit here and there, and end in points. They are wider in a
/// larger picture.
[[nodiscard]] std::vector<float> draw_scratches(int count, int width, int height, std::uint64_t seed);

/// A rectangle of pixels; x and y are those of its upper left corner.
struct Hole {
  int width = 0;
  int height = 0;
  int x = 0;
  int y = 0;
};

/// 1 inside the hole, which lies in the picture, else 0.
[[nodiscard]] std::vector<float> punch(const Hole& hole, int width, int height);

/// Lays a colour over a picture as `coverage` says and sets the pixels of the mask that it touches to 1. Coverage below
/// what an 8-bit file can show, 1/255, touches nothing. Of a gray picture the colour is its red. Alpha stays.
void lay_over(Image& picture, Image& mask, std::span<const float> coverage, const std::array<float, 3>& colour);

}  // namespace dipper
