// SPDX-License-Identifier: Apache-2.0
#include "damage/degrade.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/reflect.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
  double skewness = 0;
};

Moments moments(std::span<const float> samples) {
  const auto n = static_cast<double>(samples.size());
  Moments m;
  for (const float sample : samples) m.mean += sample / n;
  for (const float sample : samples) m.variance += std::pow(sample - m.mean, 2) / n;
  for (const float sample : samples) m.skewness += std::pow((sample - m.mean) / std::sqrt(m.variance), 3) / n;
  return m;
}

Image numbers(int width, int height, int channels) {
  Image image(width, height, channels);
  for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] = static_cast<float>(i * 37 % 101) / 100;
  return image;
}

TEST(Blur, MakesTheKernelOfAPoint) {
  const Kernel kernel{3, 5, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
  Image image(9, 7, 1);
  image.samples[3 * 9 + 4] = 1;
  ThreadPool pool(1);
  blur(image, kernel, pool);
  for (int y = 0; y < 7; ++y) {
    for (int x = 0; x < 9; ++x) {
      const bool inside = std::abs(y - 3) <= 1 && std::abs(x - 4) <= 2;
      const float expected = inside ? kernel.weights[static_cast<std::size_t>((y - 2) * 5 + x - 2)] : 0;
      EXPECT_EQ(image.samples[static_cast<std::size_t>(y * 9 + x)], expected) << x << ' ' << y;
    }
  }
}

TEST(Blur, ReflectsThePictureAtItsEdges) {
  const Kernel kernel{5, 7, std::vector<float>(35, 1.0F / 35)};
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1, 1}, {2, 3}, {9, 4}}) {
    const Image image = numbers(width, height, 3);
    Image blurred = image;
    ThreadPool pool(2);
    blur(blurred, kernel, pool);
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          double mean = 0;
          for (int i = y - 2; i <= y + 2; ++i) {
            for (int j = x - 3; j <= x + 3; ++j) {
              mean += image.plane(c)[reflected_index(i, height) * width + reflected_index(j, width)] / 35;
            }
          }
          EXPECT_NEAR(blurred.plane(c)[y * width + x], mean, 1e-6);
        }
      }
    }
  }
}

TEST(Blur, IsTheSameForAnyNumberOfThreadsAndLeavesAlpha) {
  const Image image = numbers(67, 45, 4);
  Image one = image;
  Image three = image;
  ThreadPool single(1);
  ThreadPool several(3);
  blur(one, gaussian_kernel(2.5), single);
  blur(three, gaussian_kernel(2.5), several);
  EXPECT_EQ(one.samples, three.samples);
  EXPECT_NE(one.samples, image.samples);
  EXPECT_TRUE(std::ranges::equal(one.plane(3), image.plane(3)));
}

TEST(NormalNoise, HasTheSigmaAndTheShape) {
  Image image(400, 300, 3, 0.5F);
  add_normal_noise(image, 0.1, {3, Stream::noise});
  const Moments m = moments(image.samples);
  EXPECT_NEAR(m.mean, 0.5, 0.001);
  EXPECT_NEAR(std::sqrt(m.variance), 0.1, 0.001);
  EXPECT_NEAR(m.skewness, 0, 0.03);
  const auto beyond = std::ranges::count_if(image.samples, [](float v) { return std::abs(v - 0.5F) > 0.2F; });
  EXPECT_NEAR(static_cast<double>(beyond) / 360'000, 0.0455, 0.003);  // two sigma
}

TEST(NormalNoise, IsItsOwnInEveryPixelAndChannel) {
  Image image(301, 200, 4, 0.5F);
  add_normal_noise(image, 0.1, {3, Stream::noise});
  for (int c = 0; c < 3; ++c) {
    double beside = 0;
    double other = 0;
    for (std::size_t i = 1; i < image.plane_size(); ++i) {
      const double here = image.plane(c)[i] - 0.5;
      beside += here * (image.plane(c)[i - 1] - 0.5);
      other += here * (image.plane((c + 1) % 3)[i] - 0.5);
    }
    EXPECT_NEAR(beside / static_cast<double>(image.plane_size()) / 0.01, 0, 0.02);
    EXPECT_NEAR(other / static_cast<double>(image.plane_size()) / 0.01, 0, 0.02);
  }
  for (const float alpha : image.plane(3)) ASSERT_EQ(alpha, 0.5F);
  Image again(301, 200, 4, 0.5F);
  add_normal_noise(again, 0.1, {3, Stream::noise});
  EXPECT_EQ(again.samples, image.samples);
  add_normal_noise(again, 0.1, {4, Stream::noise});
  EXPECT_NE(again.samples, image.samples);
}

// Below and above the mean at which the method changes, and at it.
TEST(PhotonNoise, HasTheMomentsOfPoissonNumbers) {
  for (const double mean : {0.05, 1.0, 5.0, 11.9, 12.1, 40.0, 1000.0, 1e6}) {
    Image image(400, 250, 1, 0.5F);
    add_photon_noise(image, 2 * mean, {9, Stream::photons});
    for (float& sample : image.samples) sample = static_cast<float>(sample * 2 * mean);
    const Moments m = moments(image.samples);
    const double error = std::sqrt(mean / 1e5);  // of the mean
    EXPECT_NEAR(m.mean, mean, 4 * error) << mean;
    EXPECT_NEAR(m.variance / mean, 1, 4 * std::sqrt((2 + 1 / mean) / 1e5)) << mean;
    EXPECT_NEAR(m.skewness, 1 / std::sqrt(mean), 0.05 + 0.05 / std::sqrt(mean)) << mean;
  }
}

// Each count as often as the distribution says, whichever method draws it.
TEST(PhotonNoise, HasTheDistribution) {
  for (const double mean : {3.0, 12.5}) {
    Image image(500, 400, 1, 1.0F);
    add_photon_noise(image, mean, {1, Stream::photons});
    std::vector<double> seen(60);
    for (const float sample : image.samples)
      seen.at(static_cast<std::size_t>(std::lround(sample * mean))) += 1.0 / 200'000;
    double probability = std::exp(-mean);
    for (int k = 0; k < 60; ++k) {
      EXPECT_NEAR(seen[static_cast<std::size_t>(k)], probability, 5 * std::sqrt(probability / 200'000) + 1e-5) << k;
      probability *= mean / (k + 1);
    }
  }
}

TEST(PhotonNoise, GivesWholeCountsAndTakesAnyLight) {
  Image image(3, 1, 2);
  image.samples = {0.7F, 0, -2, 0.25F, 0.5F, 0.75F};
  add_photon_noise(image, 8, {0, Stream::photons});
  EXPECT_EQ(image.samples[0] * 8, std::round(image.samples[0] * 8));
  EXPECT_EQ(image.samples[1], 0);
  EXPECT_EQ(image.samples[2], 0);
  EXPECT_EQ(image.samples[4], 0.5F);  // alpha
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Image odd(3, 1, 1);
  odd.samples = {infinity, std::numeric_limits<float>::quiet_NaN(), 1e30F};
  add_photon_noise(odd, 1e6, {0, Stream::photons});
  EXPECT_EQ(odd.samples[0], infinity);
  EXPECT_TRUE(std::isnan(odd.samples[1]));
  EXPECT_NEAR(odd.samples[2] / 1e30, 1, 1e-5);
}

TEST(Compress, LeavesEightBitsAndAlpha) {
  for (int channels = 1; channels <= 4; ++channels) {
    const Image image = numbers(40, 30, channels);
    Image coarse = image;
    coarse.sample = SampleType::u16;
    compress(coarse, 20);
    EXPECT_EQ(coarse.sample, SampleType::u16);
    const std::size_t colours = image.plane_size() * static_cast<std::size_t>(image.colour_channels());
    double worse = 0;
    for (std::size_t i = 0; i < colours; ++i) {
      EXPECT_NEAR(coarse.samples[i] * 255, std::round(coarse.samples[i] * 255), 1e-4);
      worse += std::abs(coarse.samples[i] - image.samples[i]);
    }
    EXPECT_GT(worse / static_cast<double>(colours), 0.02);
    EXPECT_TRUE(std::equal(image.samples.begin() + static_cast<std::ptrdiff_t>(colours), image.samples.end(),
                           coarse.samples.begin() + static_cast<std::ptrdiff_t>(colours)));
  }
}

TEST(Compress, RefusesWhatJpegCannotHold) {
  Image wide(65501, 1, 1);
  EXPECT_THROW(compress(wide, 90), Error);
}

}  // namespace
}  // namespace dipper
