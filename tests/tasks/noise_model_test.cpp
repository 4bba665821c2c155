// SPDX-License-Identifier: Apache-2.0
#include "tasks/noise_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "classic/bm3d.hpp"
#include "damage/degrade.hpp"
#include "dipper/image.hpp"
#include "image/noise.hpp"

namespace dipper {
namespace {

// A disc and stripes between darkness and light.
Image scene(int channels) {
  Image image(96, 80, channels);
  for (int c = 0; c < channels; ++c) {
    for (int i = 0; i < 80; ++i) {
      for (int j = 0; j < 96; ++j) {
        const bool bright = std::hypot(j - 29, i - 40) < 19 || (j > 58 && (i + j) % 12 < 6);
        const double light = 0.02 + 0.5 * i / 80 - 0.005 * c;
        image.plane(c)[static_cast<std::size_t>(i * 96 + j)] = static_cast<float>(light * (bright ? 1.8 : 1.0));
      }
    }
  }
  return image;
}

Image counted(Image image, double photons) {
  add_photon_noise(image, photons, {3, Stream::photons});
  for (float& sample : image.samples) sample = std::min(sample, 1.0F);  // as a file would
  return image;
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments_of(const Image& image) {
  Moments m;
  for (const float sample : image.samples) m.mean += sample / static_cast<double>(image.samples.size());
  for (const float sample : image.samples) {
    m.variance += std::pow(sample - m.mean, 2) / static_cast<double>(image.samples.size());
  }
  return m;
}

float truth_of(const NoiseModel& model, double mean, bool unclip = true) {
  auto value = static_cast<float>(mean);
  model.to_truth({&value, 1}, unclip);
  return value;
}

// By 0.8 and 1.6 dB, whether the plain method is told the noise where it is flat or that of the whole picture.
TEST(NoiseModel, OfPhotonsIsBetterThanToTakeThemForGaussianNoise) {
  for (const int channels : {1, 3}) {
    const Image truth = scene(channels);
    const Image noisy = counted(truth, 40);
    const NoiseModel model = NoiseModel::photons(noisy, estimate_gain(noisy));
    Image made = denoise_bm3d(model.even(noisy), model.sigma());
    model.to_truth(made.samples, true);
    const double with = psnr(made, truth);
    EXPECT_GT(with, psnr(noisy, truth) + 11);
    for (const double sigma : {estimate_noise(noisy), std::pow(10, -psnr(noisy, truth) / 20)}) {
      EXPECT_GT(with, psnr(denoise_bm3d(noisy, sigma), truth) + 0.6);
    }
  }
}

// Of few photons too, where the mean's own transform would be a quarter of a photon off.
TEST(NoiseModel, TellsTheLightOfPhotonsByTheirMean) {
  for (const float light : {0.05F, 0.3F, 0.6F}) {
    const Image noisy = counted(Image(200, 150, 1, light), 20);
    const NoiseModel model = NoiseModel::photons(noisy, 0.05);
    EXPECT_NEAR(truth_of(model, moments_of(model.even(noisy)).mean) / light, 1, light < 0.1F ? 0.03 : 0.01);
  }
}

TEST(NoiseModel, TellsTheLightOfPhotonsThatWereClipped) {
  const Image noisy = counted(Image(200, 150, 1, 0.95F), 20);
  const NoiseModel model = NoiseModel::photons(noisy, 0.05);
  const double mean = moments_of(model.even(noisy)).mean;
  EXPECT_NEAR(truth_of(model, mean), 0.95, 0.02);
  EXPECT_LT(truth_of(model, mean, false), 0.9);
}

TEST(NoiseModel, SamplesAreLikeThoseThatCame) {
  for (const float light : {0.03F, 0.3F, 0.95F}) {
    const Image noisy = counted(Image(200, 150, 1, light), 20);
    const NoiseModel model = NoiseModel::photons(noisy, 0.05);
    const Image even = model.even(noisy);
    const Moments came = moments_of(even);
    const Image means(200, 150, 1, static_cast<float>(came.mean));
    const Image other = model.sampled(means, {5, Stream::other_noise});
    EXPECT_NEAR(moments_of(other).mean, came.mean, 0.005) << light;
    EXPECT_NEAR(moments_of(other).variance / came.variance, 1, 0.06) << light;
    EXPECT_NE(other.samples, even.samples);
  }
  const Image dark(64, 64, 1, 0.3F);
  EXPECT_NEAR(moments_of(NoiseModel(0.1).sampled(dark, {5, Stream::other_noise})).variance, 0.01, 0.0006);
}

TEST(NoiseModel, LeavesGaussianNoiseAsItIs) {
  Image noisy = scene(1);
  add_normal_noise(noisy, 0.1, {2, Stream::noise});
  for (const NoiseModel& model : {NoiseModel(0.1), NoiseModel::gaussian(noisy, 0.1)}) {
    EXPECT_EQ(model.sigma(), 0.1);
    EXPECT_EQ(model.even(noisy).samples, noisy.samples);
    EXPECT_EQ(truth_of(model, 0.02), 0.02F);
    const std::vector<float> squares{0.01F, 0.02F};
    EXPECT_EQ(model.squares_of_truth(std::vector<float>{0.1F, 0.2F}, squares, true), squares);
  }
}

// Of the mean of clipped samples, not of their truth.
TEST(NoiseModel, HasTheVarianceOfSamplesOfThatMean) {
  EXPECT_DOUBLE_EQ(NoiseModel(0.1).variance(0), 0.01);
  for (const float light : {0.0F, 0.06F, 0.5F, 1.0F}) {
    Image samples(200, 150, 1, light);
    add_normal_noise(samples, 0.1, {2, Stream::noise});
    for (float& sample : samples.samples) sample = std::clamp(sample, 0.0F, 1.0F);
    const Moments found = moments_of(samples);
    const NoiseModel model = NoiseModel::gaussian(samples, 0.1);
    EXPECT_NEAR(model.variance(static_cast<float>(found.mean)) / found.variance, 1, 0.03) << light;
  }
}

// Few photons have less, and so have many that were clipped.
TEST(NoiseModel, HasTheVarianceOfPhotonsOfThatMean) {
  for (const float light : {0.02F, 0.1F, 0.4F, 1.0F}) {
    const Image noisy = counted(Image(200, 150, 1, light), 20);
    const NoiseModel model = NoiseModel::photons(noisy, 0.05);
    const Moments found = moments_of(model.even(noisy));
    EXPECT_NEAR(model.variance(static_cast<float>(found.mean)) / found.variance, 1, 0.07) << light;
  }
}

// The truth of photons is a square of the mean, nearly.
TEST(NoiseModel, BringsErrorsToTheTruth) {
  const Image noisy = counted(scene(1), 20);
  const NoiseModel model = NoiseModel::photons(noisy, 0.05);
  for (const double mean : {0.5, 0.8}) {
    const double slope = (truth_of(model, mean + 0.01) - truth_of(model, mean - 0.01)) / 0.02;
    const std::vector<float> means(2, static_cast<float>(mean));  // two channels
    const std::vector<float> found = model.squares_of_truth(means, std::vector<float>{1e-4F}, true);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(found[0] / (1e-4 * slope * slope), 1, 0.02);
  }
}

// Below the mean that black has, there is nothing but black.
TEST(NoiseModel, ErrorsOfBlackGoOneWay) {
  Image black(64, 64, 1);
  add_normal_noise(black, 0.1, {2, Stream::noise});
  for (float& sample : black.samples) sample = std::max(0.0F, sample);
  const NoiseModel model = NoiseModel::gaussian(black, 0.1);
  const std::vector<float> mean{static_cast<float>(moments_of(black).mean)};
  const std::vector<float> squares{0.01F * 0.01F};
  EXPECT_NEAR(std::sqrt(model.squares_of_truth(mean, squares, true)[0]), truth_of(model, mean[0] + 0.01) / 2, 1e-6);
  EXPECT_FLOAT_EQ(model.squares_of_truth(mean, squares, false)[0], squares[0]);
}

}  // namespace
}  // namespace dipper
