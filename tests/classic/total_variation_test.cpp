// SPDX-License-Identifier: Apache-2.0
#include "classic/total_variation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "base/philox.hpp"
#include "classic/scenes.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

std::size_t at(const Image& image, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x);
}

// A disc before a slope.
Image scene(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool disc = std::hypot(x - 0.4 * width, y - 0.5 * height) < 0.25 * width;
        image.plane(c)[at(image, x, y)] = static_cast<float>(disc ? 0.8 - 0.1 * c : 0.2 + 0.2 * x / width + 0.05 * c);
      }
    }
  }
  return image;
}

// What total_variation() minimises, straight from its definition.
double energy(const Image& x, const Image& y, const std::vector<float>& weights, double lambda) {
  double variation = 0;
  double misfit = 0;
  for (int row = 0; row < x.height; ++row) {
    for (int column = 0; column < x.width; ++column) {
      double square = 0;
      for (int c = 0; c < x.channels; ++c) {
        const double here = x.plane(c)[at(x, column, row)];
        if (column + 1 < x.width) square += std::pow(x.plane(c)[at(x, column + 1, row)] - here, 2);
        if (row + 1 < x.height) square += std::pow(x.plane(c)[at(x, column, row + 1)] - here, 2);
        const double weight = weights[at(x, column, row)];
        if (weight > 0) misfit += weight * std::pow(here - y.plane(c)[at(y, column, row)], 2);
      }
      variation += std::sqrt(square);
    }
  }
  return variation + lambda / 2 * misfit;
}

double distance(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.samples.size(); ++i) sum += std::pow(a.samples[i] - b.samples[i], 2);
  return std::sqrt(sum / static_cast<double>(a.samples.size()));
}

std::vector<float> random_weights(const Image& image, float share_of_zeros) {
  const Philox random{22, Stream::drop};
  std::vector<float> weights(image.plane_size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = random.uniform(0, i) < share_of_zeros ? 0.0F : 0.5F + random.uniform(1, i);
  }
  return weights;
}

TEST(TotalVariation, TwoPixelsMoveByOneOverLambda) {
  Image image(2, 1, 1);
  image.samples = {0, 1};
  const std::vector<float> weights{1, 1};
  for (const double lambda : {4.0, 10.0, 100.0}) {
    const Image x = total_variation(image, weights, lambda);
    EXPECT_NEAR(x.samples[0], 1 / lambda, 2e-3);
    EXPECT_NEAR(x.samples[1], 1 - 1 / lambda, 2e-3);
  }
  const Image mean = total_variation(image, weights, 1.5);  // below 2 the step is worth less than it costs
  EXPECT_NEAR(mean.samples[0], 0.5, 2e-3);
  EXPECT_NEAR(mean.samples[1], 0.5, 2e-3);
}

// A straight step of height 1 between 10 and 30 columns: each side moves by its share of 1 / lambda.
TEST(TotalVariation, AStepLosesContrastButStaysSharp) {
  Image image(40, 25, 1);
  for (int y = 0; y < 25; ++y) {
    for (int x = 10; x < 40; ++x) image.samples[at(image, x, y)] = 1;
  }
  const Image x = total_variation(image, std::vector<float>(1000, 1.0F), 2);
  for (int row = 0; row < 25; ++row) {
    for (int column = 0; column < 40; ++column) {
      const double expected = column < 10 ? 1 / (2.0 * 10) : 1 - 1 / (2.0 * 30);
      EXPECT_NEAR(x.samples[at(x, column, row)], expected, 4e-3);
    }
  }
}

TEST(TotalVariation, AConstantStays) {
  const Image image(17, 9, 3, 0.3F);
  EXPECT_LT(distance(total_variation(image, std::vector<float>(153, 1.0F), 5), image), 1e-6);
  EXPECT_EQ(total_variation(Image(1, 1, 1, 0.5F), std::vector<float>{1}, 5).samples, std::vector<float>{0.5F});
}

TEST(TotalVariation, NoPictureNearbyHasLessEnergy) {
  const Image y = test::noisy(scene(40, 30, 3), 0.1);
  for (const float zeros : {0.0F, 0.4F}) {
    const std::vector<float> weights = random_weights(y, zeros);
    const Image x = total_variation(y, weights, 8);
    const double least = energy(x, y, weights, 8);
    EXPECT_LT(least, 0.7 * energy(y, y, weights, 8));
    // By the duality gap: lambda / 2 * least weight * samples * (1/1000)^2, twice that for the algorithm without one.
    const double slack = 8 * 3600 * 1e-6;
    for (const double size : {1e-3, 1e-2, 0.05}) EXPECT_GT(energy(test::noisy(x, size), y, weights, 8), least - slack);
    for (const double part : {0.99, 1.01}) {
      Image other = x;
      for (float& value : other.samples) value = static_cast<float>(0.4 + part * (value - 0.4));
      EXPECT_GT(energy(other, y, weights, 8), least - slack);
    }
  }
}

// Three equal colours have sqrt(3) times the variation and 3 times the misfit of one.
TEST(TotalVariation, ColoursShareTheirGradients) {
  const Image gray = test::noisy(scene(48, 40, 1), 0.1);
  Image colour(48, 40, 3);
  for (int c = 0; c < 3; ++c) std::copy(gray.samples.begin(), gray.samples.end(), colour.plane(c).begin());
  const std::vector<float> weights(gray.plane_size(), 1.0F);
  const Image x = total_variation(colour, weights, 6);
  const Image single = total_variation(gray, weights, 6 * std::numbers::sqrt3);
  for (int c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < single.samples.size(); ++i) EXPECT_NEAR(x.plane(c)[i], single.samples[i], 0.02);
  }
  EXPECT_EQ(std::vector<float>(x.plane(0).begin(), x.plane(0).end()),
            std::vector<float>(x.plane(2).begin(), x.plane(2).end()));
}

TEST(TotalVariation, ContinuesAnEdgeThroughAHole) {
  Image image(40, 40, 1);
  std::vector<float> weights(1600, 1.0F);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 40; ++x) {
      image.samples[at(image, x, y)] = x < 20 ? 0.25F : 0.75F;
      if (y >= 17 && y < 23 && x >= 10 && x < 30) weights[at(image, x, y)] = 0;
    }
  }
  Image damaged = image;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) damaged.samples[i] = std::numeric_limits<float>::quiet_NaN();
  }
  const Image x = total_variation(damaged, weights, 1000);
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(x.samples[i], image.samples[i], 0.02) << i;
}

TEST(TotalVariation, AlphaAndTheRestStay) {
  Image image = test::noisy(scene(20, 20, 4), 0.1);
  image.sample = SampleType::u16;
  image.icc = {std::byte{1}, std::byte{2}};
  const Image x = total_variation(image, std::vector<float>(400, 1.0F), 5);
  EXPECT_TRUE(std::equal(x.plane(3).begin(), x.plane(3).end(), image.plane(3).begin()));
  EXPECT_NE(x.plane(0)[5], image.plane(0)[5]);
  EXPECT_EQ(x.sample, SampleType::u16);
  EXPECT_EQ(x.icc, image.icc);
}

TEST(TotalVariation, TheSameBitsForAnyNumberOfThreads) {
  const Image y = test::noisy(scene(70, 150, 3), 0.1);
  const std::vector<float> weights = random_weights(y, 0.3F);
  const Image one = total_variation(y, weights, 10, 1);
  EXPECT_EQ(total_variation(y, weights, 10, 2).samples, one.samples);
  EXPECT_EQ(total_variation(y, weights, 10, 3).samples, one.samples);
  EXPECT_EQ(denoise_total_variation(y, 0.1, 2).samples, denoise_total_variation(y, 0.1, 1).samples);
}

TEST(TotalVariation, RefusesWhenNothingIsKnown) {
  const std::vector<float> weights(12, 0.0F);
  EXPECT_THROW((void)total_variation(Image(4, 3, 1), weights, 5), Error);
}

TEST(DenoiseTotalVariation, RemovesAsMuchAsTheNoiseHas) {
  for (const int channels : {1, 3}) {
    for (const double sigma : {0.02, 0.1, 0.3}) {
      const Image truth = scene(128, 100, channels);
      const Image y = test::noisy(truth, sigma);
      const Image x = denoise_total_variation(y, sigma);
      EXPECT_NEAR(distance(x, y), 0.93 * sigma, 0.01 * sigma);
      EXPECT_LT(distance(x, truth), 0.5 * sigma);
    }
  }
}

// Clipping takes a part of the noise away, and the residual that remains is less.
TEST(DenoiseTotalVariation, AllowsForClipping) {
  Image truth = scene(128, 128, 1);
  for (float& value : truth.samples) value = value < 0.5F ? 0.02F : 0.98F;
  Image y = test::noisy(truth, 0.2);
  for (float& value : y.samples) value = std::clamp(value, 0.0F, 1.0F);
  const double noise = distance(y, truth);
  ASSERT_LT(noise, 0.8 * 0.2);
  EXPECT_NEAR(distance(denoise_total_variation(y, 0.2), y), 0.93 * noise, 0.12 * noise);
}

TEST(DenoiseTotalVariation, NoNoiseAndNothingButNoise) {
  const Image image = scene(30, 30, 3);
  EXPECT_EQ(denoise_total_variation(image, 0).samples, image.samples);
  const Image flat = denoise_total_variation(image, 0.9);
  for (int c = 0; c < 3; ++c) {
    double sum = 0;
    for (const float value : image.plane(c)) sum += value;
    for (const float value : flat.plane(c)) EXPECT_NEAR(value, sum / 900, 1e-6);
  }
}

// Little noise as told, or as the estimate for a drawing says, whose details cancel but for their rounding.
TEST(DenoiseTotalVariation, NoiseNearOrBelowTheRoundingOfSamplesChangesNothing) {
  for (const int channels : {1, 3}) {
    for (const float darkest : {0.0F, 0.9F, 40.0F}) {  // clipped or not
      Image image = scene(40, 30, channels);
      for (float& value : image.samples) value = darkest + 0.1F * value;
      for (const double sigma : {1e-300, 1e-30, 1e-17, 1e-9}) {
        EXPECT_EQ(denoise_total_variation(image, sigma).samples, image.samples) << darkest << " " << sigma;
      }
      const float least = 1.2e-7F * (darkest + 0.1F);
      for (const float sigma : {least, 2 * least, 10 * least}) {
        EXPECT_LT(distance(denoise_total_variation(image, sigma), image), 3 * sigma) << darkest << " " << sigma;
      }
    }
  }
}

TEST(DenoiseTotalVariation, ImprovesPublishedPictures) {
  const std::filesystem::path data = DIPPER_SOURCE_DIR "/../shared/data/denoise/25";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no pictures in " << data;
  const Image noisy_picture = read_image(data / "F16_noisy.png");
  const Image truth = read_image(data / "F16_GT.png");
  EXPECT_GT(psnr(denoise_total_variation(noisy_picture, 25.0 / 255), truth), 30.4);
}

}  // namespace
}  // namespace dipper
