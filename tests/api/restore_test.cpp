// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "damage/degrade.hpp"
#include "dipper/damage.hpp"
#include "dipper/dipper.hpp"

namespace dipper {
namespace {

/// Soft coloured waves: what a network restores well within a few dozen iterations.
Image waves(int width, int height, int channels) {
  Image image(width, height, channels, 1.0F);
  for (int c = 0; c < image.colour_channels(); ++c) {
    for (int i = 0; i < height; ++i) {
      for (int j = 0; j < width; ++j) {
        const double value = 0.5 + 0.35 * std::sin(0.13 * i + c) * std::cos(0.11 * j - c);
        image.plane(c)[static_cast<std::size_t>(i) * width + j] = static_cast<float>(std::round(value * 255) / 255);
      }
    }
  }
  return image;
}

Request drop_request(const Image& picture, const char* share, int iterations) {
  Request request;
  request.input = picture;
  request.options["drop"] = share;
  request.settings.iterations = iterations;
  return request;
}

TEST(Restore, FillsInWhatIsMissing) {
  Request request = drop_request(waves(64, 64, 3), "0.5", 200);
  request.settings.device = "cpu";
  const Restoration result = restore(request);
  ASSERT_TRUE(result.psnr && result.raw_psnr && result.ssim && result.damaged);
  EXPECT_GT(*result.psnr, 30);  // the damaged picture itself has about 9 dB
  EXPECT_GT(*result.raw_psnr, 27);
  EXPECT_GT(*result.ssim, 0.9);
  EXPECT_EQ(result.iterations, 200);
  EXPECT_EQ(result.recipe, "inpaint-balanced");
  EXPECT_EQ(result.device, "cpu");
  EXPECT_FALSE(result.stopped);
}

TEST(Restore, FiguresAreThoseOfTheReturnedPictures) {
  const Image picture = waves(40, 30, 3);
  const Restoration result = restore(drop_request(picture, "0.3", 5));
  EXPECT_EQ(*result.psnr, psnr(result.image, picture));
  EXPECT_EQ(*result.ssim, ssim(result.image, picture));
  EXPECT_EQ(*result.raw_psnr, psnr(result.raw, picture));
  EXPECT_EQ(result.truth->samples, picture.samples);
}

TEST(Restore, KeepsKnownPixelsAndAlphaExactly) {
  Image picture = waves(33, 21, 4);
  for (std::size_t i = 0; i < picture.plane_size(); ++i) picture.plane(3)[i] = static_cast<float>(i % 256) / 255;
  picture.icc = {std::byte{1}, std::byte{2}};
  const Restoration result = restore(drop_request(picture, "0.5", 3));
  ASSERT_EQ(result.image.channels, 4);
  EXPECT_EQ(result.image.icc, picture.icc);
  int kept = 0;
  for (std::size_t i = 0; i < picture.plane_size(); ++i) {
    EXPECT_EQ(result.image.plane(3)[i], picture.plane(3)[i]);
    if (result.damaged->plane(0)[i] == 0) continue;
    ++kept;
    for (int c = 0; c < 3; ++c) EXPECT_EQ(result.image.plane(c)[i], picture.plane(c)[i]);
  }
  EXPECT_NEAR(kept, 33 * 21 / 2.0, 60);
}

TEST(Restore, FloatPicturesKeepTheirRange) {
  Image picture = waves(32, 32, 1);
  picture.sample = SampleType::f32;
  for (float& sample : picture.samples) sample = 100 * sample - 20;
  const Restoration result = restore(drop_request(picture, "0.3", 150));
  EXPECT_EQ(result.image.sample, SampleType::f32);
  double error = 0;
  for (std::size_t i = 0; i < picture.samples.size(); ++i) {
    error += std::abs(result.image.samples[i] - picture.samples[i]);
  }
  EXPECT_LT(error / static_cast<double>(picture.samples.size()), 5);
}

TEST(Restore, ShowsProgressAndStopsWhenTold) {
  Request request = drop_request(waves(32, 32, 3), "0.5", 50);
  request.settings.every = 4;
  std::vector<int> looked;
  std::vector<int> calls;
  const Restoration result = restore(request, [&](const Progress& progress) {
    EXPECT_EQ(progress.iterations, 50);
    EXPECT_GT(progress.planned_bytes, 0U);
    EXPECT_TRUE(std::isfinite(progress.loss));
    EXPECT_NE(progress.summary.find("% of the pixels are missing; network skip of "), std::string::npos);
    calls.push_back(progress.iteration);
    if (progress.picture != nullptr) {
      looked.push_back(progress.iteration);
      EXPECT_TRUE(progress.psnr && progress.raw_psnr);
      EXPECT_EQ(*progress.psnr, psnr(*progress.picture, request.input));
    } else {
      EXPECT_FALSE(progress.psnr || progress.raw_psnr);
    }
    return progress.iteration < 10;
  });
  EXPECT_EQ(looked, (std::vector<int>{1, 4, 8}));
  EXPECT_EQ(calls, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(result.iterations, 10);
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(*result.psnr, psnr(result.image, request.input));
}

TEST(Restore, ExplainsAnIterationBeforeTheFirst) {
  Request request = drop_request(waves(32, 32, 3), "0.5", 2);
  const Restoration plain = restore(request);
  request.settings.explain = true;
  const Restoration explained = restore(request, [](const Progress& progress) {
    EXPECT_EQ(progress.explanation.empty(), progress.iteration > 0);
    return true;
  });
  EXPECT_EQ(explained.image.samples, plain.image.samples);
}

TEST(Restore, EstimatesItsMemory) {
  if (!std::string(DIPPER_SANITIZE).empty()) GTEST_SKIP() << "a sanitizer takes memory of its own";
  std::size_t planned = 0;
  const Restoration result = restore(drop_request(waves(512, 512, 3), "0.5", 2), [&](const Progress& progress) {
    planned = progress.planned_bytes;
    return true;
  });
  EXPECT_NEAR(static_cast<double>(planned) / static_cast<double>(result.peak_bytes), 1, 0.15);
}

TEST(Restore, InpaintTakesAMask) {
  Image picture = waves(48, 40, 3);
  Image mask(48, 40, 1);
  for (int i = 10; i < 14; ++i) {
    for (int j = 5; j < 40; ++j) mask.plane(0)[static_cast<std::size_t>(i) * 48 + j] = 1;
  }
  Settings settings;
  settings.iterations = 2;
  const Restoration result = inpaint(picture, mask, settings);
  EXPECT_FALSE(result.psnr);
  for (std::size_t i = 0; i < mask.plane_size(); ++i) {
    if (mask.samples[i] == 0) {
      EXPECT_EQ(result.image.samples[i], picture.samples[i]);
    }
  }
}

TEST(Restore, RefusesWhatItCannotDo) {
  const Image picture = waves(16, 16, 3);
  const auto error_of = [](const Request& request) {
    try {
      (void)restore(request);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  Request request = drop_request(picture, "0.5", 1);
  request.settings.device = "tpu";
  EXPECT_NE(error_of(request).find("use auto, cpu, ref, cuda or cuda:N"), std::string::npos) << error_of(request);
  request = drop_request(picture, "0.5", 1);
  request.task = "denose";
  EXPECT_NE(error_of(request).find("no task"), std::string::npos) << error_of(request);
  request = drop_request(picture, "0.5", 1);
  request.truth = waves(15, 16, 3);
  EXPECT_NE(error_of(request).find("the truth is 15x16"), std::string::npos) << error_of(request);
  request = drop_request(picture, "0.5", 1);
  request.settings.set["adam.rat"] = "1";
  EXPECT_NE(error_of(request).find("adam.rate"), std::string::npos) << error_of(request);
  EXPECT_THROW((void)restore(Request{}), Error);
}

// At 64x64 the deepest level is one pixel, which its norm turns into 0: its weights' gradients are 0, and Adam without
// epsilon divides 0 by 0.
TEST(Restore, SaysWhenTheFitDiverges) {
  Request request = drop_request(waves(64, 64, 3), "0.5", 60);
  request.settings.set = {{"adam.epsilon", "0"}};
  try {
    (void)restore(request);
    FAIL();
  } catch (const FitError& error) {
    EXPECT_NE(std::string(error.what()).find("diverged in iteration 2: its loss is not a number"), std::string::npos)
        << error.what();
  }
}

/// A request whose fit takes a moment: the small recipe's network, narrower still.
Request small_request(const char* task, const Image& picture, int iterations) {
  Request request;
  request.task = task;
  request.input = picture;
  request.settings.set = {{"skip.down", "16,16,16"}, {"skip.up", "16"}, {"average", "0.9"}};
  request.settings.iterations = iterations;
  return request;
}

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

TEST(Restore, RemovesNoise) {
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
TEST(Restore, UndoesWhatClippingDidToNoise) {
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

TEST(Restore, RemovesTheNoiseOfCountedPhotons) {
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

TEST(Restore, EnlargesThroughItsOperator) {
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

TEST(Restore, SharpensThroughItsKernel) {
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
TEST(Restore, JoinsTheLightOfOnePictureWithTheDetailOfAnother) {
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
TEST(Restore, EnlargesByWhatThePictureTeaches) {
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

TEST(Restore, TakesGrayAlphaAndSixteenBitInEveryTask) {
  for (const TaskInfo& task : tasks()) {
    Request request = small_request(task.name.c_str(), waves(20, 18, 2), 2);
    request.input.sample = SampleType::u16;
    request.input.icc = {std::byte{5}};
    for (std::size_t i = 0; i < request.input.plane_size(); ++i) request.input.plane(1)[i] = 0.5F;
    if (task.name == "inpaint") request.options["drop"] = "0.5";
    if (task.name == "deblur") request.options["gaussian"] = "1";
    if (task.name == "flash") request.pictures["flash"] = waves(20, 18, 3);
    if (task.name == "upscale" || task.name == "deblur") request.settings.set.clear();  // their own is small enough
    const Restoration result = restore(request);
    EXPECT_EQ(result.image.channels, 2) << task.name;
    EXPECT_EQ(result.image.sample, SampleType::u16) << task.name;
    EXPECT_EQ(result.image.icc, request.input.icc) << task.name;
    for (const float alpha : result.image.plane(1)) ASSERT_NEAR(alpha, 0.5F, 1.0F / 65535) << task.name;
  }
}

TEST(Restore, NamesTheMethodsThatThereAre) {
  Request request = small_request("dejpeg", waves(8, 8, 1), 1);
  request.method = "cubic";
  EXPECT_THROW((void)restore(request), Error);
}

TEST(Restore, ClassicMethodsKeepKnownPixels) {
  for (const char* method : {"linear", "cubic", "tv"}) {
    Request request = drop_request(waves(40, 30, 3), "0.5", 1);
    request.method = method;
    request.settings = {};
    int calls = 0;
    const Restoration result = restore(request, [&](const Progress& p) {
      ++calls;
      EXPECT_EQ(p.width, 40);
      return true;
    });
    EXPECT_GT(*result.psnr, 28) << method;
    EXPECT_EQ(calls, 2);
    EXPECT_TRUE(result.recipe.empty());
  }
}

}  // namespace
}  // namespace dipper
