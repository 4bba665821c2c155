// SPDX-License-Identifier: Apache-2.0
#include "report/dither.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace dipper {
namespace {

TEST(Dither, PaletteColoursStayThemselves) {
  const std::vector<Colour> palette = {{0, 0, 0}, {255, 255, 255}, {20, 140, 60}};
  const Canvas canvas{3, 1, {20, 140, 60, 0, 0, 0, 255, 255, 255}};
  EXPECT_EQ(dither(canvas, {true, true, true}, palette, 9), (std::vector<std::uint8_t>{2, 0, 1}));
}

TEST(Dither, UnwantedPixelsGetTheOtherIndex) {
  const std::vector<Colour> palette = {{0, 0, 0}};
  const Canvas canvas{2, 2, std::vector<std::uint8_t>(12, 200)};
  EXPECT_EQ(dither(canvas, {true, false, false, true}, palette, 7), (std::vector<std::uint8_t>{0, 7, 7, 0}));
}

// A gray between two palette colours becomes a mixture of both, in about its proportion.
TEST(Dither, MixesColours) {
  const std::vector<Colour> palette = {{0, 0, 0}, {255, 255, 255}};
  const Canvas canvas{32, 32, std::vector<std::uint8_t>(std::size_t{3} * 32 * 32, 96)};
  const auto indices = dither(canvas, std::vector<bool>(1024, true), palette, 9);
  const auto whites = std::count(indices.begin(), indices.end(), 1);
  EXPECT_GT(whites, 1024 * 0.25);
  EXPECT_LT(whites, 1024 * 0.45);
}

}  // namespace
}  // namespace dipper
