// SPDX-License-Identifier: Apache-2.0
#include "classic/guided.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "classic/bm3d.hpp"
#include "classic/scenes.hpp"

namespace dipper {
namespace {

constexpr double sigma = 25.0 / 255;

// Fine rings, in other colours for another `light`.
Image scene(int width, int height, int channels, double light) {
  return test::drawn(width, height, channels, [&](int c, int i, int j) {
    return 0.5 + light * (0.2 + 0.05 * c) * std::sin(std::hypot(j - 0.3 * width, i - 0.6 * height) * 1.5);
  });
}

// As above, with a shadow over a part of it.
Image shaded(int width, int height, int channels) {
  const Image lit = scene(width, height, channels, 1);
  return test::drawn(width, height, channels, [&](int c, int i, int j) {
    const bool dark = i > height / 4 && i < height / 2 && j > width / 4 && j < width / 2;
    return (dark ? 0.3F : 1) * lit.plane(c)[static_cast<std::size_t>(i) * width + j];
  });
}

std::vector<float> all_of(const Image& picture) {
  std::vector<float> weights(picture.plane_size(), 1.0F);
  return weights;
}

TEST(Guided, KeepsTheGuidesDetailInThePicturesOwnColours) {
  for (const auto& [channels, guides] : {std::pair{1, 1}, {1, 3}, {3, 1}, {3, 3}}) {
    const Image truth = scene(96, 80, channels, -0.7);
    const Image noisy = test::noisy(truth, sigma);
    const Image guide = scene(96, 80, guides, 1);
    const double reached = psnr(guided_filter(noisy, all_of(noisy), guide, sigma), truth);
    EXPECT_GT(reached, psnr(denoise_bm3d(noisy, sigma), truth) + 5) << channels << " " << guides;
  }
}

TEST(Guided, LeavesShadowsOutThatTheGuideAloneHas) {
  const Image truth = scene(96, 80, 3, 0.7);
  const Image noisy = test::noisy(truth, sigma);
  const double reached = psnr(guided_filter(noisy, all_of(noisy), shaded(96, 80, 3), sigma), truth);
  EXPECT_GT(reached, 31);
}

TEST(Guided, TheNoiseIsWhatTheGuideDoesNotExplain) {
  const Image guide = scene(96, 80, 3, 1);
  EXPECT_NEAR(noise_beside(test::noisy(shaded(96, 80, 3), sigma), guide), sigma, 0.03 * sigma);
  EXPECT_LT(noise_beside(scene(96, 80, 3, 0.7), guide), 0.01);
  EXPECT_EQ(noise_beside(Image(1, 1, 3, 0.5F), Image(1, 1, 1, 0.5F)), 0);
}

TEST(Guided, BlockMatchingFindsWhatTheGuideDoesNotHave) {
  const Image guide = scene(96, 80, 3, 1);
  const Image truth = shaded(96, 80, 3);
  const Image noisy = test::noisy(truth, sigma);
  const double guided = psnr(guided_filter(noisy, all_of(noisy), guide, sigma), truth);
  EXPECT_GT(psnr(guided_bm3d(noisy, all_of(noisy), guide, sigma), truth), guided + 0.3);
}

TEST(Guided, LeavesAPictureWithoutNoiseNearlyAsItIs) {
  const Image picture = scene(40, 30, 3, 0.7);
  EXPECT_GT(psnr(guided_filter(picture, all_of(picture), scene(40, 30, 3, 1), 0), picture), 50);
}

TEST(Guided, TellsPixelsThatDoNotCountFromThoseAround) {
  const Image truth = scene(60, 50, 3, 0.7);
  Image picture = truth;
  std::vector<float> weights = all_of(picture);
  for (std::size_t i = 0; i < weights.size(); i += 7) {
    weights[i] = 0;
    for (int c = 0; c < 3; ++c) picture.plane(c)[i] = std::numeric_limits<float>::quiet_NaN();
  }
  EXPECT_GT(psnr(guided_filter(picture, weights, scene(60, 50, 3, 1), 1.0 / 255), truth), 35);
  EXPECT_GT(psnr(guided_bm3d(picture, weights, scene(60, 50, 3, 1), 1.0 / 255), truth), 35);
}

/// More than one tile both ways.
TEST(Guided, GivesTheSameBitsForAnyNumberOfThreads) {
  const Image noisy = test::noisy(scene(140, 300, 3, 0.7), sigma);
  const Image guide = scene(140, 300, 3, 1);
  const Image one = guided_filter(noisy, all_of(noisy), guide, sigma, 1);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(guided_filter(noisy, all_of(noisy), guide, sigma, threads).samples, one.samples);
  }
}

/// A tile sees all that its windows need: what is far to the right changes nothing on the left.
TEST(Guided, DoesNotShowItsTiles) {
  const Image noisy = test::noisy(scene(300, 40, 1, 0.7), sigma);
  const Image guide = scene(300, 40, 1, 1);
  const auto part = [](const Image& from) {
    return test::drawn(200, 40, 1,
                       [&](int, int i, int j) { return from.samples[static_cast<std::size_t>(i) * 300 + j]; });
  };
  const Image whole = part(guided_filter(noisy, all_of(noisy), guide, sigma));
  const Image left = guided_filter(part(noisy), all_of(part(noisy)), part(guide), sigma);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 168; ++x) {
      const std::size_t i = static_cast<std::size_t>(y) * 200 + x;
      ASSERT_NEAR(left.samples[i], whole.samples[i], 1e-5F) << x << " " << y;
    }
  }
}

TEST(Guided, TakesEverySizeAndLeavesAlphaAlone) {
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 20}, {9, 7}, {129, 2}}) {
    for (const int channels : {1, 2, 3, 4}) {
      const Image noisy = test::noisy(scene(width, height, channels, 0.7), sigma);
      const Image clean = guided_filter(noisy, all_of(noisy), scene(width, height, 3, 1), sigma, 2);
      ASSERT_EQ(clean.samples.size(), noisy.samples.size());
      EXPECT_TRUE(std::ranges::all_of(clean.samples, [](float x) { return std::isfinite(x); }));
      if (channels % 2 == 0) {
        EXPECT_TRUE(std::ranges::equal(clean.plane(channels - 1), noisy.plane(channels - 1)));
      }
    }
  }
}

TEST(Guided, EndsWithPatience) {
  const Image noisy = test::noisy(scene(300, 300, 1, 0.7), sigma);
  EXPECT_THROW((void)guided_filter(noisy, all_of(noisy), noisy, sigma, 1, Patience::none()), OutOfPatience);
  EXPECT_THROW((void)guided_bm3d(noisy, all_of(noisy), noisy, sigma, 1, Patience::none()), OutOfPatience);
}

}  // namespace
}  // namespace dipper
