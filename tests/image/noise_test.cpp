// SPDX-License-Identifier: Apache-2.0
#include "image/noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numbers>
#include <vector>

#include "base/philox.hpp"
#include "damage/degrade.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

// Adds normal noise (Box and Muller, 1958) and, if asked to, clips.
Image noisy(Image image, double sigma, bool clip) {
  const Philox random{7, Stream::input_noise};
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    const double radius = std::sqrt(-2 * std::log(1 - double{random.uniform(0, i)}));
    const double angle = 2 * std::numbers::pi * random.uniform(1, i);
    image.samples[i] += static_cast<float>(sigma * radius * std::cos(angle));
    if (clip) image.samples[i] = std::clamp(image.samples[i], 0.0F, 1.0F);
  }
  return image;
}

// Slopes, a disc's edge and stripes: something to see, flat in places.
Image scene(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double u = static_cast<double>(x) / width;
        const double v = static_cast<double>(y) / height;
        const bool disc = std::hypot(u - 0.6, v - 0.5) < 0.25;
        const double stripes = v > 0.8 ? 0.2 * std::sin(2.0 * x) : 0;
        image.plane(c)[test::at(image, x, y)] = static_cast<float>(disc ? 0.75 : 0.2 + 0.3 * u + stripes);
      }
    }
  }
  return image;
}

TEST(EstimateNoise, FindsWhatWasAdded) {
  for (const int channels : {1, 3}) {
    for (const double sigma : {0.005, 0.02, 0.1, 0.4}) {
      EXPECT_NEAR(estimate_noise(noisy(scene(256, 200, channels), sigma, false)), sigma, 0.04 * sigma);
    }
  }
}

TEST(EstimateNoise, FindsItThroughClipping) {
  for (const double sigma : {0.05, 0.1, 0.2}) {
    EXPECT_NEAR(estimate_noise(noisy(scene(256, 256, 3), sigma, true)), sigma, 0.05 * sigma);
  }
}

// Where all is black but for a corner, the corner tells.
TEST(EstimateNoise, LooksWhereNothingIsClipped) {
  Image image(200, 200, 1);
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 200; ++x) image.samples[test::at(image, x, y)] = 0.5F;
  }
  EXPECT_NEAR(estimate_noise(noisy(image, 0.1, true)), 0.1, 0.005);
}

TEST(EstimateNoise, IsFineGrainedInEightBits) {
  for (const double sigma : {1.0, 1.2, 1.4, 1.6}) {
    Image image = noisy(scene(256, 256, 1), sigma / 255, true);
    for (float& value : image.samples) value = std::round(value * 255) / 255;
    // Rounding adds a noise of 1 / sqrt(12) steps.
    EXPECT_NEAR(estimate_noise(image) * 255, std::sqrt(sigma * sigma + 1.0 / 12), 0.05 * sigma);
  }
}

TEST(EstimateNoise, IsSmallWhereThereIsNone) {
  EXPECT_LT(estimate_noise(scene(256, 256, 3)), 0.0005);
  EXPECT_EQ(estimate_noise(Image(64, 64, 3, 0.3F)), 0);
  EXPECT_EQ(estimate_noise(Image(64, 64, 1, 0.0F)), 0);
}

TEST(EstimateNoise, AlphaAndBrokenSamplesDoNotCount) {
  const Image gray = noisy(scene(128, 128, 1), 0.1, true);
  Image with_alpha = noisy(Image(128, 128, 2, 0.5F), 0.4, true);
  std::copy(gray.samples.begin(), gray.samples.end(), with_alpha.samples.begin());
  EXPECT_EQ(estimate_noise(with_alpha), estimate_noise(gray));
  Image broken = gray;
  broken.samples[1000] = std::numeric_limits<float>::quiet_NaN();
  broken.samples[9000] = std::numeric_limits<float>::infinity();
  EXPECT_NEAR(estimate_noise(broken), estimate_noise(gray), 0.005);
}

TEST(EstimateNoise, TakesTinyPictures) {
  for (int height = 1; height < 9; ++height) {
    for (int width = 1; width < 9; ++width) {
      const double found = estimate_noise(noisy(Image(width, height, 3, 0.5F), 0.1, true));
      EXPECT_GE(found, 0);
      EXPECT_LT(found, 0.5);
      if (std::min(width, height) < 2) {
        EXPECT_EQ(found, 0) << width << " x " << height;
      }
    }
  }
  EXPECT_NEAR(estimate_noise(noisy(Image(16, 16, 3, 0.5F), 0.1, true)), 0.1, 0.03);
}

TEST(EstimateNoise, IsWithinFivePerCentOnPublishedPictures) {
  const std::filesystem::path data = DIPPER_SOURCE_DIR "/../shared/data/denoise";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no pictures in " << data;
  for (const int sigma : {25, 50}) {
    for (const char* name : {"F16", "kodim03", "peppers"}) {
      const Image image = read_image(data / std::to_string(sigma) / (std::string(name) + "_noisy.png"));
      EXPECT_NEAR(estimate_noise(image) * 255, sigma, 0.05 * sigma) << name;
    }
  }
  EXPECT_LT(estimate_noise(read_image(data / "25" / "F16_GT.png")), 0.006);
  EXPECT_LT(estimate_noise(read_image(data / "25" / "kodim03_GT.png")), 0.006);
}

Image counted(Image image, double photons) {
  add_photon_noise(image, photons, {7, Stream::photons});
  for (float& sample : image.samples) sample = std::clamp(sample, 0.0F, 1.0F);
  return image;
}

TEST(EstimateGain, FindsHowManyPhotonsMakeWhite) {
  for (const int channels : {1, 3}) {
    for (const double photons : {10.0, 30.0, 100.0, 1000.0}) {
      const Image image = counted(scene(256, 200, channels), photons);
      EXPECT_NEAR(photons * estimate_gain(image), 1, 0.04) << photons;
    }
    EXPECT_NEAR(5 * estimate_gain(counted(scene(256, 200, channels), 5)), 1, 0.2);  // one to four photons a pixel
  }
}

TEST(EstimateGain, TakesDarknessClippingAndAnyRange) {
  EXPECT_NEAR(20 * estimate_gain(counted(Image(200, 200, 1, 0.05F), 20)), 1, 0.1);
  Image bright(200, 200, 1, 0.98F);
  std::fill_n(bright.samples.begin(), 12000, 0.4F);
  EXPECT_NEAR(50 * estimate_gain(counted(bright, 50)), 1, 0.05);
  Image counts = counted(scene(256, 200, 1), 100);
  for (float& sample : counts.samples) sample *= 100;
  EXPECT_NEAR(estimate_gain(counts), 1, 0.04);
}

TEST(EstimateGain, IsSmallWhereThereIsNoNoise) {
  EXPECT_LT(estimate_gain(scene(256, 256, 3)), 1e-6);
  EXPECT_EQ(estimate_gain(Image(64, 64, 3)), 0);
  EXPECT_EQ(estimate_gain(Image(1, 9, 1, 0.5F)), 0);
}

TEST(LostInRounding, IsWhatTheSamplesCannotHold) {
  for (const float size : {1e-3F, 0.5F, 300.0F}) {
    const std::vector<float> samples{-size, size, size};
    EXPECT_TRUE(is_lost_in_rounding(samples, 1.1e-7 * size));
    EXPECT_FALSE(is_lost_in_rounding(samples, 1.3e-7 * size));
  }
  EXPECT_TRUE(is_lost_in_rounding(std::vector<float>(9), 0));
  EXPECT_FALSE(is_lost_in_rounding(std::vector<float>(9), 1e-9));
}

}  // namespace
}  // namespace dipper
