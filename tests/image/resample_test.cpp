// SPDX-License-Identifier: Apache-2.0
#include "image/resample.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "pictures.hpp"

namespace dipper {
namespace {

double mean(std::span<const float> plane) {
  return std::accumulate(plane.begin(), plane.end(), 0.0) / static_cast<double>(plane.size());
}

TEST(Shrink, HalvesByTheMeanOfFour) {
  Image image(4, 2, 1);
  image.samples = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(shrink(image, 2, 1).samples, (std::vector<float>{2.5F, 4.5F}));
  EXPECT_EQ(shrink(image, 1, 1).samples, std::vector<float>{3.5F});
}

TEST(Shrink, CountsPartsOfPixels) {
  Image image(3, 1, 1);
  image.samples = {0, 3, 9};
  EXPECT_EQ(shrink(image, 2, 1).samples, (std::vector<float>{1, 7}));  // (0 + 3 / 2) / 1.5, (3 / 2 + 9) / 1.5
  Image column(1, 3, 1);
  column.samples = {0, 3, 9};
  EXPECT_EQ(shrink(column, 1, 2).samples, (std::vector<float>{1, 7}));
}

TEST(Shrink, KeepsTheMeanAndTheSize) {
  const Image image = test::pattern(451, 300, 3);
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{200, 133}, {17, 3}, {1, 1}, {451, 7}}) {
    const Image small = shrink(image, width, height);
    EXPECT_EQ(small.width, width);
    EXPECT_EQ(small.height, height);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(mean(small.plane(c)), mean(image.plane(c)), 1e-6);
  }
  test::expect_same_pixels(shrink(image, 451, 300), image);
}

TEST(Shrink, CanEnlarge) {
  Image image(2, 1, 1);
  image.samples = {0, 1};
  EXPECT_EQ(shrink(image, 4, 2).samples, (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST(Shrink, ColoursWeighByTheirAlpha) {
  Image image(2, 1, 2);
  image.samples = {0.25F, 1, 0, 0.5F};  // the first pixel is transparent
  Image small = shrink(image, 1, 1);
  EXPECT_EQ(small.samples, (std::vector<float>{1, 0.25F}));
  image.samples = {0.25F, 0.75F, 0, 0};
  EXPECT_EQ(shrink(image, 1, 1).samples, (std::vector<float>{0.5F, 0}));
}

TEST(Shrink, KeepsTheRestAndTakesNanAsBlack) {
  Image image(2, 2, 1, 1.0F);
  image.samples[0] = std::numeric_limits<float>::quiet_NaN();
  image.sample = SampleType::f32;
  image.icc = test::gray_profile();
  const Image small = shrink(image, 1, 1);
  EXPECT_EQ(small.samples, std::vector<float>{0.75F});
  EXPECT_EQ(small.sample, SampleType::f32);
  EXPECT_EQ(small.icc, image.icc);
}

}  // namespace
}  // namespace dipper
