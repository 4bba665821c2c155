// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "api/waves.hpp"
#include "dipper/dipper.hpp"
#include "fit/recipe.hpp"

namespace dipper {
namespace {

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

std::string error_of(const Request& request) {
  try {
    (void)restore(request);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Request small_memory_request(int width, int height, const char* whole, double bytes = 100e6) {
  Request request = drop_request(waves(width, height, 3), "0.5", 2);
  request.settings.device = "cpu";
  request.settings.max_memory = bytes;
  request.settings.set["input.whole"] = whole;
  request.settings.set["hold_out.share"] = "0";  // no judge, who takes time here
  return request;
}

// That it is refused, and a size named that is not. Returns that size's pixels.
int pixels_of_what_fits(int width, int height, const char* whole, double bytes = 100e6) {
  const std::string error = error_of(small_memory_request(width, height, whole, bytes));
  EXPECT_EQ(error.find(fmt::format("a fit to {}x{} pixels needs more than 0.", width, height)), 0U) << error;
  int less_width = 0;
  int less_height = 0;
  const std::size_t at = std::min(error.find("about "), error.size());
  EXPECT_EQ(std::sscanf(error.c_str() + at, "about %dx%d", &less_width, &less_height), 2) << error;
  const double ratio = static_cast<double>(width) / height;
  EXPECT_NEAR(static_cast<double>(less_width) / less_height, ratio, 0.03 * ratio);
  EXPECT_EQ(error_of(small_memory_request(less_width, less_height, whole, bytes)), "no error");
  return less_width * less_height;
}

TEST(Restore, SaysWhatWouldFitIntoTheMemory) {
  const std::string error = error_of(small_memory_request(740, 370, "0"));
  EXPECT_NE(error.find(" GB of memory, and 0.1 GB are allowed by --max-memory; a picture of about "),
            std::string::npos);
  EXPECT_NE(error.find(" fits, and so does --method cubic, or allow more with --max-memory"), std::string::npos);
  EXPECT_LT(pixels_of_what_fits(740, 370, "0"), 740 * 370);
}

TEST(Restore, NamesNoSizeWhereHardlyAnythingFits) {
  const std::string error = error_of(small_memory_request(740, 370, "0", 1e6));
  EXPECT_NE(error.find("; --method cubic fits, or allow more with --max-memory"), std::string::npos) << error;
}

TEST(Restore, WhatWouldFitIsSmallerThanAPartThatDoesNot) {
  EXPECT_LT(pixels_of_what_fits(800, 400, "0.1", 40e6), part_side * part_side);
}

TEST(Restore, WhereAPartFitsASmallerWholeIsNamedThatDoesToo) {
  EXPECT_GT(pixels_of_what_fits(1600, 400, "0.01"), 4 * part_side * part_side);
}

TEST(Restore, WhatWouldFitHasRoomForTheParametersToo) {
  Request request = drop_request(waves(700, 500, 3), "0.5", 2);
  request.settings.device = "cpu";
  request.settings.recipe = "hole-fast";
  request.settings.max_memory = 200e6;
  const std::string error = error_of(request);
  int width = 0;
  int height = 0;
  const std::size_t at = std::min(error.find("about "), error.size());
  ASSERT_EQ(std::sscanf(error.c_str() + at, "about %dx%d", &width, &height), 2) << error;
  request.input = waves(width, height, 3);
  EXPECT_EQ(error_of(request), "no error");
}

TEST(Restore, WhatWouldFitInPartsIsNotNamedWhereItIsSeenAsOne) {
  EXPECT_LT(pixels_of_what_fits(1300, 650, "0.7"), 4 * part_side * part_side);
}

TEST(Restore, ALargePictureIsLearnedInPartsAndTakesLessMemory) {
  Request request = drop_request(waves(800, 400, 3), "0.5", 2);
  request.settings.device = "cpu";
  request.settings.max_memory = 100e6;
  EXPECT_EQ(error_of(request), "no error");
  request.settings.set["input.whole"] = "0";
  EXPECT_EQ(error_of(request).find("a fit to 800x400 pixels needs more than 0."), 0U);
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
  request.settings.set = {{"adam.epsilon", "0"}, {"hold_out.share", "0"}};
  try {
    (void)restore(request);
    FAIL();
  } catch (const FitError& error) {
    EXPECT_NE(
        std::string(error.what()).find("diverged in iteration 8: its loss is no finite number, also at lower rates"),
        std::string::npos)
        << error.what();
  }
}

// It tries thrice at lower rates, says so, and then there is the classical result.
TEST(Restore, AFitThatDivergesStillHasItsBestPicture) {
  Request request = drop_request(waves(128, 128, 3), "0.5", 60);
  request.settings.set = {{"adam.epsilon", "0"}, {"skip.down", "8,8,8,8,8,8,8"}};
  std::vector<std::string> notes;
  const Restoration result = restore(request, [&](const Progress& progress) {
    EXPECT_TRUE(std::isfinite(progress.loss));
    if (!progress.note.empty()) notes.push_back(progress.note);
    return true;
  });
  ASSERT_EQ(notes.size(), 3);
  EXPECT_EQ(notes.front(),
            "in iteration 2 its loss is no finite number, so the fit goes on from iteration 1 at half the rate");
  EXPECT_NE(result.failure.find("diverged in iteration 8"), std::string::npos) << result.failure;
  EXPECT_FALSE(result.stopped);
  EXPECT_EQ(result.iterations, 8);
  EXPECT_GT(result.classic_share, 0.99);
  for (const float sample : result.image.samples) ASSERT_TRUE(std::isfinite(sample));
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

TEST(Restore, ShowsTheDamageThatItDidBeforeTheFirstIteration) {
  const Request request = drop_request(waves(32, 32, 3), "0.5", 3);
  std::optional<Image> damaged;
  const Restoration result = restore(request, [&](const Progress& progress) {
    EXPECT_EQ(progress.damaged != nullptr, progress.iteration == 0);
    if (progress.damaged != nullptr) damaged = *progress.damaged;
    return true;
  });
  ASSERT_TRUE(damaged && result.damaged);
  EXPECT_EQ(damaged->samples, result.damaged->samples);
}

TEST(Restore, WhatACallWaitedIsNoTime) {
  using Seconds = std::chrono::duration<double>;
  constexpr double pause = 0.4;
  const Request request = drop_request(waves(32, 32, 3), "0.5", 6);
  const auto began = std::chrono::steady_clock::now();
  const Restoration result = restore(request, [&](const Progress& progress) {
    EXPECT_EQ(progress.waited != nullptr, progress.iteration > 0);
    if (progress.iteration == 3) {
      std::this_thread::sleep_for(Seconds(pause));
      *progress.waited += pause;
    }
    return true;
  });
  const double all = Seconds(std::chrono::steady_clock::now() - began).count();
  EXPECT_LE(result.seconds, all - pause);
  EXPECT_GE(result.iterations_per_second, 6 / (all - pause));
}

}  // namespace
}  // namespace dipper
