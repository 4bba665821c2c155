// SPDX-License-Identifier: Apache-2.0
#include "damage/cover.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "dipper/error.hpp"

namespace dipper {
namespace {

double sum(const std::vector<float>& coverage) {
  return std::accumulate(coverage.begin(), coverage.end(), 0.0);
}

TEST(ParseShare, LiesBetweenNothingAndEverything) {
  EXPECT_EQ(parse_share("0.25"), 0.25);
  for (const char* text : {"0", "1", "-0.1", "1.1", "half", ""}) EXPECT_THROW((void)parse_share(text), Error) << text;
}

TEST(DroppedPixels, AreTheShare) {
  for (const double share : {0.01, 0.5, 0.9}) {
    EXPECT_NEAR(sum(dropped_pixels(100'000, share, 7)) / 100'000, share, 0.005);
  }
  EXPECT_EQ(dropped_pixels(1000, 0.5, 7), dropped_pixels(1000, 0.5, 7));
  EXPECT_NE(dropped_pixels(1000, 0.5, 7), dropped_pixels(1000, 0.5, 8));
}

TEST(DroppedPixels, AlwaysLeaveOneAndTakeOne) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const double share : {1e-6, 0.5, 1 - 1e-6}) EXPECT_EQ(sum(dropped_pixels(2, share, seed)), 1);
  }
  EXPECT_THROW((void)dropped_pixels(1, 0.5, 0), Error);
}

TEST(Scratches, AreThinLongAndAntialiased) {
  constexpr int side = 512;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<float> coverage = draw_scratches(8, side, side, seed);
    ASSERT_EQ(coverage.size(), std::size_t{side} * side);
    int touched = 0;
    int partly = 0;
    for (const float value : coverage) {
      ASSERT_GE(value, 0);
      ASSERT_LE(value, 1);
      touched += value > 0 ? 1 : 0;
      partly += value > 0 && value < 1 ? 1 : 0;
    }
    EXPECT_GT(touched, side);          // together longer than the picture is high
    EXPECT_LT(touched, 8 * 8 * side);  // each thinner than 8 pixels
    EXPECT_GT(partly, touched / 4);
  }
}

TEST(Scratches, MoreCoverMoreAndTheFirstStay) {
  const std::vector<float> few = draw_scratches(3, 300, 200, 1);
  const std::vector<float> more = draw_scratches(6, 300, 200, 1);
  EXPECT_GT(sum(more), sum(few));
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_GE(more[i], few[i]);
  EXPECT_NE(draw_scratches(3, 300, 200, 2), few);
}

TEST(Scratches, WidenWithThePicture) {
  double small = 0;
  double large = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    small += sum(draw_scratches(10, 512, 512, seed)) / (512 * 512);
    large += sum(draw_scratches(10, 2048, 2048, seed)) / (2048 * 2048);
  }
  EXPECT_NEAR(large / small, 1, 0.15);
}

TEST(Scratches, FitAPictureOfAnySize) {
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1, 1}, {1, 300}, {300, 1}, {5, 3}}) {
    EXPECT_EQ(draw_scratches(20, width, height, 0).size(), static_cast<std::size_t>(width * height));
  }
}

TEST(Punch, CoversTheRectangleAlone) {
  const std::vector<float> coverage = punch({.width = 2, .height = 1, .x = 1, .y = 1}, 4, 3);
  EXPECT_EQ(coverage, (std::vector<float>{0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(sum(punch({.width = 4, .height = 3, .x = 0, .y = 0}, 4, 3)), 12);
}

TEST(LayOver, MixesAndMarksEveryTouchedPixel) {
  Image picture(4, 1, 4, 0.5F);
  Image mask(4, 1, 1);
  lay_over(picture, mask, std::vector<float>{0, 0.25F, 1, 0.003F}, {1, 0, 0.5F});
  EXPECT_EQ(mask.samples, (std::vector<float>{0, 1, 1, 0}));
  EXPECT_EQ(picture.samples, (std::vector<float>{0.5F, 0.625F, 1, 0.5F,      //
                                                 0.5F, 0.375F, 0, 0.5F,      //
                                                 0.5F, 0.5F, 0.5F, 0.5F,     //
                                                 0.5F, 0.5F, 0.5F, 0.5F}));  // alpha
}

TEST(LayOver, HidesNumbersThatAreNone) {
  Image picture(1, 1, 1, std::numeric_limits<float>::quiet_NaN());
  Image mask(1, 1, 1);
  lay_over(picture, mask, std::vector<float>{1}, {0.25F, 0, 0});
  EXPECT_EQ(picture.samples[0], 0.25F);
}

}  // namespace
}  // namespace dipper
