// SPDX-License-Identifier: Apache-2.0
#include "classic/bm3d.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "classic/scenes.hpp"

namespace dipper {
namespace {

constexpr double sigma = 25.0 / 255;

// A slope on the left, stripes that repeat on the right.
Image scene(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int c = 0; c < channels; ++c) {
    float* sample = image.plane(c).data();
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool stripe = x > width / 2 && (x + y) % 12 < 6;
        *sample++ = static_cast<float>(stripe ? 0.75 - 0.1 * c : 0.3 + 0.3 * y / height);
      }
    }
  }
  return image;
}

TEST(Bm3d, RemovesNearlyAllNoiseOfWhatRepeats) {
  for (const int channels : {1, 3}) {
    const Image truth = scene(96, 80, channels);
    const Image damaged = test::noisy(truth, sigma);
    EXPECT_NEAR(psnr(damaged, truth), 20.17, 0.3);
    EXPECT_GT(psnr(denoise_bm3d(damaged, sigma), truth), channels == 1 ? 34.0 : 36.0);
  }
}

TEST(Bm3d, LeavesAPictureWithoutNoiseAsItIs) {
  const Image picture = scene(40, 30, 3);
  EXPECT_EQ(denoise_bm3d(picture, 0).samples, picture.samples);
  EXPECT_GT(psnr(denoise_bm3d(picture, 0.5 / 255), picture), 60);
}

/// Five bands of reference blocks, an even and an odd number of rows and columns of them.
// Of which the square is 0 as a float.
TEST(Bm3d, LeavesAPictureAsItIsWhoseNoiseIsLostInRounding) {
  const Image image = scene(40, 30, 3);
  for (const double little : {1e-300, 1e-30, 1e-9}) EXPECT_EQ(denoise_bm3d(image, little).samples, image.samples);
}

TEST(Bm3d, GivesTheSameBitsForAnyNumberOfThreads) {
  const Image damaged = test::noisy(scene(47, 211, 3), sigma);
  const Image one = denoise_bm3d(damaged, sigma, 1);
  for (const int threads : {2, 3}) EXPECT_EQ(denoise_bm3d(damaged, sigma, threads).samples, one.samples);
}

TEST(Bm3d, TakesEverySizeAndLeavesAlphaAlone) {
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 20}, {8, 8}, {9, 7}, {13, 50}}) {
    for (const int channels : {1, 2, 3, 4}) {
      const Image damaged = test::noisy(scene(width, height, channels), sigma);
      const Image clean = denoise_bm3d(damaged, sigma, 2);
      ASSERT_EQ(clean.samples.size(), damaged.samples.size());
      EXPECT_TRUE(std::all_of(clean.samples.begin(), clean.samples.end(), [](float x) { return std::isfinite(x); }));
      if (channels % 2 == 0) {
        EXPECT_TRUE(std::equal(clean.plane(channels - 1).begin(), clean.plane(channels - 1).end(),
                               damaged.plane(channels - 1).begin()));
      }
    }
  }
}

}  // namespace
}  // namespace dipper
