// SPDX-License-Identifier: Apache-2.0
#include "classic/clipping.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numbers>

#include "damage/degrade.hpp"

namespace dipper {
namespace {

constexpr double sigma = 0.2;

Image noisy(float truth) {
  Image image(100, 100, 3, truth);
  add_normal_noise(image, sigma, {3, Stream::noise});
  return image;
}

Image clipped(float truth) {
  Image image = noisy(truth);
  for (float& sample : image.samples) sample = std::clamp(sample, 0.0F, 1.0F);
  return image;
}

double mean_of(const Image& image) {
  double sum = 0;
  for (const float sample : image.samples) sum += sample;
  return sum / static_cast<double>(image.samples.size());
}

TEST(Clips, NoiseAtTheEndsThatAreNear) {
  for (const float truth : {0.0F, 0.15F, 0.9F, 1.0F}) {
    const Clipping clipping(clipped(truth), sigma);
    ASSERT_TRUE(clipping.any()) << truth;
    EXPECT_NEAR(clipping.noise(truth).mean, mean_of(clipped(truth)), 0.004) << truth;
    EXPECT_NEAR(clipping.truth(static_cast<float>(mean_of(clipped(truth)))), truth, 0.008) << truth;
  }
}

TEST(Clips, NothingWhereNoiseHasRoom) {
  for (const Image& image : {clipped(0.5F), Image(20, 20, 1, 0.5F)}) {
    const Clipping clipping(image, sigma);
    EXPECT_FALSE(clipping.any());
    EXPECT_EQ(clipping.truth(0.01F), 0.01F);
  }
  EXPECT_FALSE(Clipping(clipped(0), 0).any());
}

TEST(Clips, NothingWhereSamplesLieBeyond) {
  Image image = clipped(0);
  image.samples[7] = -0.01F;
  EXPECT_FALSE(Clipping(image, sigma).any());
}

TEST(Clips, AtOneEndAlone) {
  const Clipping dark(clipped(0.05F), sigma);
  EXPECT_EQ(dark.clip(-0.1F), 0);
  EXPECT_EQ(dark.clip(1.1F), 1.1F);
  EXPECT_NEAR(dark.noise(1).mean, 1, 1e-6);
  EXPECT_NEAR(dark.noise(1).variance, sigma * sigma, 1e-6);
  const Clipping bright(clipped(0.95F), sigma);
  EXPECT_EQ(bright.clip(-0.1F), -0.1F);
  EXPECT_EQ(bright.clip(1.1F), 1);
  EXPECT_NEAR(bright.noise(0).mean, 0, 1e-6);
  EXPECT_NEAR(bright.noise(0).variance, sigma * sigma, 1e-6);
}

TEST(Clips, AndBackIsTheTruth) {
  const Clipping clipping(clipped(0.05F), sigma);
  for (const double truth : {0.0, 0.001, 0.03, 0.2, 0.77, 1.0}) {
    EXPECT_NEAR(clipping.truth(static_cast<float>(clipping.noise(truth).mean)), truth, 1e-4);
  }
  EXPECT_EQ(clipping.truth(0.01F), 0);  // less than the mean of black
  EXPECT_EQ(clipping.truth(1.2F), 1);
}

TEST(Clips, TellsTheVarianceByTheMean) {
  const Clipping clipping(clipped(0.05F), sigma);
  for (const double truth : {0.0, 0.1, 0.5, 1.0}) {
    const ClippedNoise noise = clipping.noise(truth);
    EXPECT_NEAR(clipping.variance(static_cast<float>(noise.mean)), noise.variance, 1e-4) << truth;
  }
  EXPECT_EQ(clipping.variance(-1), 0);
}

// Found by results whose errors go both ways.
TEST(Clips, TellsTheVarianceOfBlackOnAverage) {
  for (const float end : {0.0F, 1.0F}) {
    const Clipping clipping(clipped(end), sigma);
    const ClippedNoise noise = clipping.noise(end);
    const double off = 0.1 * sigma;
    const double found = (clipping.variance(static_cast<float>(noise.mean - off)) +
                          clipping.variance(static_cast<float>(noise.mean + off))) /
                         2;
    EXPECT_NEAR(found / noise.variance, 1, 0.02);
  }
}

TEST(Clips, SamplesThatAreNoNumbersLieBeyond) {
  Image image = clipped(0);
  image.samples[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(Clipping(image, sigma).any());
}

TEST(ClippedNoises, HaveMeanAndVarianceOfNoiseThatWasCutOff) {
  for (const float value : {0.0F, 0.1F, 0.5F, 0.97F}) {
    const Image image = clipped(value);
    const double mean = mean_of(image);
    double variance = 0;
    for (const float sample : image.samples) variance += (sample - mean) * (sample - mean) / 30000;
    EXPECT_NEAR(clipped_noise(value, sigma).mean, mean, 0.004) << value;
    EXPECT_NEAR(clipped_noise(value, sigma).variance, variance, 0.03 * variance) << value;
  }
  EXPECT_NEAR(clipped_noise(0.5, 0.01).variance, 1e-4, 1e-9);
}

TEST(ClippedNoises, SmallVarianceIsNotLostInRounding) {
  for (const double small : {1e-3, 1e-9, 1e-30}) {
    for (const double truth : {0.3, 0.5, 0.99}) {
      EXPECT_NEAR(clipped_noise(truth, small).variance / (small * small), 1, 1e-6) << truth << " " << small;
    }
    const double half = (1 - 1 / std::numbers::pi) / 2;  // of noise whose half is cut off
    for (const double end : {0.0, 1.0}) {
      EXPECT_NEAR(clipped_noise(end, small).variance / (small * small), half, 1e-6) << end << " " << small;
    }
  }
}

}  // namespace
}  // namespace dipper
