// SPDX-License-Identifier: Apache-2.0
// restore(), task by task.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "api/waves.hpp"
#include "damage/degrade.hpp"
#include "dipper/damage.hpp"
#include "dipper/dipper.hpp"

namespace dipper {
namespace {

Image noisy(const Image& clean, float sigma) {
  Image image = clean;
  const auto backend_free_noise = [](std::size_t i) {  // the sum of sines of unrelated frequencies: nearly Gaussian
    double sum = 0;
    for (const double f : {1.7, 12.9898, 78.233, 37.719, 4.898, 311.7})
      sum += std::sin(f * static_cast<double>(i * i + 3 * i));
    return static_cast<float>(sum / std::sqrt(3.0));
  };
  for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] += sigma * backend_free_noise(i);
  return image;
}

TEST(RestoreTasks, RemovesNoise) {
  const Image clean = waves(64, 64, 3);
  Request request = small_request("denoise", noisy(clean, 0.1F), 200);
  request.truth = clean;
  const double before = psnr(request.input, clean);
  const Restoration result = restore(request);
  EXPECT_GT(*result.psnr, before + 5);
  EXPECT_EQ(result.recipe, "denoise-balanced");
  EXPECT_EQ(result.classic, "bm3d");
  request.method = "tv";
  request.settings = {};
  const Restoration classic = restore(request);
  EXPECT_GT(*classic.psnr, before + 3);
  EXPECT_EQ(classic.method, "tv");
  EXPECT_EQ(classic.iterations, 0);
}

/// Noise that a file could not hold left a dark picture too bright.
TEST(RestoreTasks, UndoesWhatClippingDidToNoise) {
  Image clean = waves(64, 64, 3);
  for (float& sample : clean.samples) sample *= 0.1F;
  Request request = small_request("denoise", clean, 20);
  request.settings.threads = 1;
  add_normal_noise(request.input, 0.15, {5, Stream::noise});
  for (float& sample : request.input.samples) sample = std::clamp(sample, 0.0F, 1.0F);
  request.truth = clean;
  request.options["sigma"] = "38.25";
  const auto too_bright = [&] {
    const Restoration result = restore(request);
    double sum = 0;
    for (std::size_t i = 0; i < clean.samples.size(); ++i) sum += result.image.samples[i] - clean.samples[i];
    return sum / static_cast<double>(clean.samples.size());
  };
  EXPECT_NEAR(too_bright(), 0, 0.012);
  request.settings.set["unclip"] = "false";
  EXPECT_GT(too_bright(), 0.03);
  request.method = "bm3d";
  request.settings = {};
  EXPECT_NEAR(too_bright(), 0, 0.012);
}

TEST(RestoreTasks, RemovesTheNoiseOfCountedPhotons) {
  const Image clean = waves(64, 64, 3);
  Request request = small_request("denoise", clean, 200);
  add_photon_noise(request.input, 20, {5, Stream::photons});
  request.options["noise"] = "poisson";
  request.truth = clean;
  const double before = psnr(request.input, clean);
  const Restoration result = restore(request);
  EXPECT_GT(*result.psnr, before + 11);
  EXPECT_GT(*result.raw_psnr, before + 5);
  EXPECT_EQ(result.recipe, "denoise-balanced");
  EXPECT_EQ(result.classic, "bm3d");
}

/// Tiles with sharp edges on soft waves: what smoothing and interpolation make worse.
Image tiles(int width, int height, int channels) {
  Image image(width, height, channels, 1.0F);
  for (int c = 0; c < image.colour_channels(); ++c) {
    for (int i = 0; i < height; ++i) {
      for (int j = 0; j < width; ++j) {
        const bool light = (i / 9 + j / 7) % 2 == 0;
        const double value = (light ? 0.75 : 0.25) + 0.1 * std::sin(0.13 * i + c) * std::cos(0.11 * j - c);
        image.plane(c)[static_cast<std::size_t>(i) * width + j] = static_cast<float>(std::round(value * 255) / 255);
      }
    }
  }
  return image;
}

/// The part of a gray picture from one column on.
Image columns(const Image& image, int first, int count) {
  Image part(count, image.height, 1);
  for (int i = 0; i < image.height; ++i) {
    std::copy_n(image.samples.begin() + i * image.width + first, count, part.samples.begin() + i * count);
  }
  return part;
}

TEST(RestoreTasks, EnlargesThroughItsOperator) {
  const Image large = tiles(64, 48, 3);
  Image small(16, 12, 3);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 12; ++i) {
      for (int j = 0; j < 16; ++j) {
        float sum = 0;
        for (int u = 0; u < 16; ++u) sum += large.plane(c)[(4 * i + u / 4) * 64 + 4 * j + u % 4];
        small.plane(c)[i * 16 + j] = sum / 16;
      }
    }
  }
  Request request = small_request("upscale", small, 150);
  request.options = {{"scale", "4"}, {"operator", "box"}};
  request.settings.recipe = "small";
  request.truth = large;
  const Restoration result = restore(request);
  EXPECT_EQ(result.image.width, 64);
  EXPECT_EQ(result.image.height, 48);
  const double fitted = *result.psnr;
  request.method = "bicubic";
  request.settings = {};
  EXPECT_GT(fitted, *restore(request).psnr + 0.5);  // 0.9
  request.truth = small;
  EXPECT_THROW((void)restore(request), Error);
}

TEST(RestoreTasks, SharpensThroughItsKernel) {
  const Image wide = tiles(52, 48, 1);  // beyond the picture's edges the scene goes on
  const Image sharp = columns(wide, 2, 48);
  Request request = small_request("deblur", sharp, 150);
  request.options["motion"] = "5,0";
  request.settings.recipe = "small";
  for (std::size_t i = 0; i < sharp.samples.size(); ++i) {
    float sum = 0;
    for (int v = 0; v < 5; ++v) sum += wide.samples[i / 48 * 52 + i % 48 + v];
    request.input.samples[i] = sum / 5;
  }
  request.truth = sharp;
  EXPECT_GT(*restore(request).psnr, psnr(request.input, sharp) + 3);  // 3.8
}

// More than the ambient picture itself, and than what block matching makes of it without flash.
TEST(RestoreTasks, JoinsTheLightOfOnePictureWithTheDetailOfAnother) {
  const Image ambient = tiles(64, 64, 3);
  Request request = small_request("flash", noisy(ambient, 0.1F), 150);
  Image& flash = request.pictures["flash"] = ambient;
  for (float& sample : flash.samples) sample = 0.3F + 0.6F * sample;  // another light
  request.truth = ambient;
  request.settings.set.clear();
  request.settings.iterations = 60;
  const Restoration result = restore(request);
  EXPECT_EQ(result.recipe, "flash-balanced");
  EXPECT_EQ(result.classic, "guided-bm3d");
  Request alone = request;
  alone.task = "denoise";
  alone.method = "bm3d";
  alone.pictures.clear();
  alone.settings = {};
  const double denoised = *restore(alone).psnr;
  EXPECT_GT(*result.psnr, psnr(request.input, ambient) + 11);
  EXPECT_GT(*result.psnr, denoised + 3);
}

/// Edges of all directions, which are alike in the picture and in the picture made smaller.
TEST(RestoreTasks, EnlargesByWhatThePictureTeaches) {
  Image large(192, 160, 1);
  for (int i = 0; i < 160; ++i) {
    for (int j = 0; j < 192; ++j) {
      const double ring = std::hypot(i - 70.3, j - 90.8) / 11;
      large.samples[static_cast<std::size_t>(i) * 192 + j] = std::fmod(ring, 2) < 1 ? 0.2F : 0.8F;
    }
  }
  Request request;
  request.task = "upscale";
  request.input = damage(large, {.options = {{"downscale", "4"}}}).image;
  request.options = {{"scale", "4"}};
  request.truth = large;
  request.settings.iterations = 150;
  const Restoration fit = restore(request);
  EXPECT_EQ(fit.recipe, "upscale-balanced");
  request.method = "bicubic";
  request.settings = {};
  EXPECT_GT(*fit.psnr, *restore(request).psnr + 1);  // 1.6
}

}  // namespace
}  // namespace dipper
