// SPDX-License-Identifier: Apache-2.0
#include "classic/anscombe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "classic/bm3d.hpp"
#include "damage/degrade.hpp"
#include "image/noise.hpp"

namespace dipper {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

/// Of the transform of a Poisson number, by its distribution.
Moments transformed(double photons, double gain) {
  Moments m;
  double square = 0;
  for (int k = 0; k < 400; ++k) {
    const double probability = std::exp(k * std::log(photons) - photons - std::lgamma(k + 1.0));
    const double value = anscombe(gain * k, gain);
    m.mean += probability * value;
    square += probability * value * value;
  }
  m.variance = square - m.mean * m.mean;
  return m;
}

// A disc and stripes between darkness and light.
Image scene(int width, int height, int channels) {
  Image image(width, height, channels, 0.5F);
  for (int c = 0; c < image.colour_channels(); ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool disc = std::hypot(x - 0.3 * width, y - 0.5 * height) < 0.2 * width;
        const bool stripe = x > 0.6 * width && (x + y) % 12 < 6;
        const double light = 0.02 + 0.5 * y / height - 0.005 * c;
        image.plane(c)[static_cast<std::size_t>(y * width + x)] =
            static_cast<float>(light * (disc || stripe ? 1.8 : 1.0));
      }
    }
  }
  return image;
}

Image counted(Image image, double photons) {
  add_photon_noise(image, photons, 3);
  for (float& sample : image.samples) sample = std::min(sample, 1.0F);  // as a file would
  return image;
}

TEST(Anscombe, GivesPhotonsTheVarianceOne) {
  for (const double photons : {3.0, 4.0, 7.0, 20.0, 150.0}) {
    for (const double gain : {1.0, 0.01}) EXPECT_NEAR(transformed(photons, gain).variance, 1, 0.05) << photons;
  }
  EXPECT_LT(transformed(0.5, 1).variance, 0.7);
}

TEST(Anscombe, ItsInverseIsUnbiased) {
  for (const double photons : {0.5, 1.0, 2.0, 3.0, 10.0, 150.0}) {
    const double back = inverse_anscombe(transformed(photons, 0.02).mean, 0.02) / 0.02;
    EXPECT_NEAR(back / photons, 1, photons < 2 ? 0.03 : 0.005) << photons;
  }
  // The transform's own inverse is a quarter of a photon less.
  EXPECT_NEAR(inverse_anscombe(anscombe(40, 1), 1), 40.25, 0.02);
}

TEST(Anscombe, ItsInverseTakesAnyValueAndRises) {
  EXPECT_EQ(inverse_anscombe(-3, 0.1), 0);
  EXPECT_EQ(inverse_anscombe(0, 0.1), 0);
  double last = 0;
  for (double value = anscombe(0, 1); value < 30; value += 0.01) {
    const double here = inverse_anscombe(value, 1);
    EXPECT_GE(here, last);
    last = here;
  }
}

double deviation(const Image& a, const Image& b) {
  return std::pow(10, -psnr(a, b) / 20);
}

Image bm3d(const Image& picture, double sigma) {
  return denoise_bm3d(picture, sigma);
}

// By 0.8 and 1.6 dB, whether the plain method is told the noise where it is flat or that of the whole picture.
TEST(DenoisePhotons, IsBetterThanToTakeThemForGaussianNoise) {
  for (const int channels : {1, 3}) {
    const Image truth = scene(96, 80, channels);
    const Image damaged = counted(truth, 40);
    const double with = psnr(denoise_photons(damaged, estimate_gain(damaged), bm3d), truth);
    EXPECT_GT(with, psnr(damaged, truth) + 11);
    for (const double sigma : {estimate_noise(damaged), deviation(damaged, truth)}) {
      EXPECT_GT(with, psnr(bm3d(damaged, sigma), truth) + 0.6);
    }
  }
}

// A method that gives the mean of all would be wrong by a quarter of a photon, which is 1 / 12 of these, without the
// unbiased inverse.
TEST(DenoisePhotons, KeepsTheBrightness) {
  const Image damaged = counted(Image(200, 150, 1, 0.3F), 10);
  const Image made = denoise_photons(damaged, 0.1, [](const Image& picture, double) {
    double sum = 0;
    for (const float sample : picture.samples) sum += sample;
    return Image(picture.width, picture.height, 1,
                 static_cast<float>(sum / static_cast<double>(picture.samples.size())));
  });
  EXPECT_NEAR(made.samples[0] / 0.3, 1, 0.01);
}

TEST(DenoisePhotons, HandsOnNoiseOfADeviationThatIsKnown) {
  for (const float light : {0.4F, 0.9F}) {
    const Image dark = counted(Image(200, 150, 1, light), 30);
    (void)denoise_photons(dark, 1.0 / 30, [&](const Image& picture, double sigma) {
      if (light < 0.5F) {
        EXPECT_NEAR(estimate_noise(picture) / sigma, 1, 0.04);
      }
      EXPECT_TRUE(
          std::all_of(picture.samples.begin(), picture.samples.end(), [](float x) { return x >= 0 && x <= 1; }));
      return picture;
    });
  }
}

TEST(DenoisePhotons, AlphaAndTheRestStay) {
  Image damaged = counted(scene(30, 20, 4), 20);
  damaged.sample = SampleType::u16;
  damaged.icc = {std::byte{1}};
  const auto nothing = [](const Image& picture, double) { return picture; };
  const Image made = denoise_photons(damaged, 0.05, nothing);
  EXPECT_TRUE(std::ranges::equal(made.plane(3), damaged.plane(3)));
  EXPECT_EQ(made.sample, damaged.sample);
  EXPECT_EQ(made.icc, damaged.icc);
  EXPECT_EQ(denoise_photons(damaged, 0, nothing).samples, damaged.samples);
  for (float& sample : damaged.samples) sample *= 300;  // float pictures may go beyond white
  EXPECT_NEAR(denoise_photons(damaged, 15, nothing).samples[5] / damaged.samples[5], 1, 0.2);
}

}  // namespace
}  // namespace dipper
