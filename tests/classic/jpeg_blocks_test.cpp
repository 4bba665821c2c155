// SPDX-License-Identifier: Apache-2.0
#include "classic/jpeg_blocks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace dipper {
namespace {

JpegPlane ramp(int height, int width) {
  JpegPlane plane{height, width};
  for (int i = 0; i < height; ++i) {
    for (int j = 0; j < width; ++j) plane.values[plane.at(i, j)] = static_cast<float>(10 * i + j);
  }
  return plane;
}

TEST(JpegBlocks, ACosineHasOneCoefficient) {
  JpegBlock samples;
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) {
      samples[8 * i + j] = static_cast<float>(std::cos((2 * i + 1) * 3 * std::numbers::pi / 16));
    }
  }
  const JpegBlock c = coefficients_of(samples);
  for (int k = 0; k < 64; ++k) {
    EXPECT_NEAR(c[k], k == 8 * 3 ? std::sqrt(32.0) : 0, 1e-5) << k;  // vertical frequency 3
  }
  const JpegBlock again = samples_of(c);
  for (int k = 0; k < 64; ++k) EXPECT_NEAR(again[k], samples[k], 1e-6);
}

TEST(JpegBlocks, ReadsBeyondTheEdgesWhatIsThere) {
  const JpegBlock block = ramp(4, 5).block(-2, 1);
  EXPECT_EQ(block[0], 1);                   // row 0 for row -2
  EXPECT_EQ(block[8 * 3 + 2], 10 + 3);      // row 1, column 3
  EXPECT_EQ(block[8 * 7 + 7], 3 * 10 + 4);  // the last of both
}

TEST(JpegBlocks, WritesWhatIsInside) {
  JpegPlane plane = ramp(4, 5);
  JpegBlock block;
  block.fill(-1);
  plane.set_block(-6, 3, block);
  EXPECT_EQ(plane.values[plane.at(1, 3)], -1);
  EXPECT_EQ(plane.values[plane.at(1, 2)], 12);
  EXPECT_EQ(plane.values[plane.at(2, 3)], 23);
}

TEST(JpegBlocks, AGridSaysWhereTheFirstWholeBlockBegins) {
  EXPECT_EQ(JpegGrid{}.first_row(), 0);
  const JpegGrid grid{.up = 3, .left = 7};
  EXPECT_EQ(grid.first_row(), 5);
  EXPECT_EQ(grid.first_column(), 1);
}

/// A plane of pairs comes back, but for what the filter between them smooths; it begins within a pair or with one.
TEST(JpegBlocks, HalvesAndDoubles) {
  const JpegPlane half = halved(ramp(4, 6), 0, 0);
  EXPECT_EQ(half.height, 2);
  EXPECT_EQ(half.width, 3);
  EXPECT_EQ(half.values[half.at(0, 0)], 5.5F);  // of 0, 1, 10, 11
  const JpegPlane shifted = halved(ramp(4, 6), 1, 1);
  EXPECT_EQ(shifted.height, 3);
  EXPECT_EQ(shifted.width, 4);
  EXPECT_EQ(shifted.values[shifted.at(0, 0)], 0);
  EXPECT_EQ(shifted.values[shifted.at(1, 1)], 16.5F);  // of 11, 12, 21, 22
  for (const int before : {0, 1}) {
    const JpegPlane again = doubled(halved(ramp(6, 8), before, before), 6, 8, before, before);
    for (int i = 2; i < 4; ++i) {
      for (int j = 2; j < 6; ++j) EXPECT_NEAR(again.values[again.at(i, j)], 10 * i + j, 1e-4) << before;
    }
  }
}

}  // namespace
}  // namespace dipper
