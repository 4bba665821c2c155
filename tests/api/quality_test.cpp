// SPDX-License-Identifier: Apache-2.0
// What a user gets who says no more than how good and how fast: held-out pixels, classical results, limits of time.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "dipper/dipper.hpp"

namespace dipper {
namespace {

/// Stripes, whose period changes from left to right.
Image stripes(int size) {
  Image image(size, size, 1);
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      const double phase = (0.3 + 0.006 * j) * j + 0.9 * i;
      image.samples[static_cast<std::size_t>(i) * size + j] = static_cast<float>(0.5 + 0.4 * std::sin(phase));
    }
  }
  return image;
}

/// As wild as can be, in 8 bits.
Image noise() {
  Image image(64, 64, 1);
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    const double wild = std::sin(12.9898 * static_cast<double>(i)) * 43758.5453;
    image.samples[i] = static_cast<float>(std::round(255 * (wild - std::floor(wild))) / 255);
  }
  return image;
}

Request half_missing(const Image& picture) {
  Request request;
  request.input = picture;
  request.options["drop"] = "0.5";
  return request;
}

TEST(Qualities, EachHasItsRecipe) {
  for (const char* quality : {"fast", "balanced", "best"}) {
    Request request = half_missing(stripes(32));
    request.settings.quality = quality;
    request.settings.iterations = 1;
    EXPECT_EQ(restore(request).recipe, std::string("inpaint-") + quality);
  }
}

TEST(Qualities, AnUnknownOneIsAnErrorThatNamesThem) {
  Request request = half_missing(stripes(32));
  request.settings.quality = "bets";
  try {
    static_cast<void>(restore(request));
    FAIL() << "there is no such quality";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "there is no quality \"bets\"; use fast, balanced or best (did you mean best?)");
  }
}

TEST(Qualities, TheExpectedFigureIsThatOfTheMissingPixels) {
  const Image picture = stripes(96);
  Request request = half_missing(picture);
  request.settings.iterations = 60;
  const Restoration result = restore(request);
  ASSERT_TRUE(result.expected);
  const double of_all = *result.psnr;
  const double missing = 0.5;  // the known ones are right
  EXPECT_NEAR(result.expected->psnr, of_all + 10 * std::log10(missing), result.expected->within + 0.3);
  EXPECT_LT(result.expected->within, 3);
}

/// The upper half of the picture is noise, which nobody can tell, the lower half is smooth.
TEST(Qualities, TheUncertaintyIsLargeWhereTheErrorsAre) {
  Image picture(96, 96, 1);
  for (std::size_t i = 0; i < picture.samples.size(); ++i) {
    const float wave = 0.5F + 0.2F * std::sin(0.05F * static_cast<float>(i % 96));
    picture.samples[i] = i < picture.samples.size() / 2 ? static_cast<float>(i * 7919 % 101) / 100 : wave;
  }
  Request request = half_missing(picture);
  request.settings.quality = "fast";
  request.settings.iterations = 40;
  request.settings.threads = 1;
  request.settings.uncertainty = true;
  const Restoration result = restore(request);
  ASSERT_TRUE(result.uncertainty);
  EXPECT_TRUE(result.uncertainty->calibrated);
  const std::vector<float>& deviation = result.uncertainty->deviation.samples;
  double halves[2] = {0, 0};
  double within = 0;
  double missing = 0;
  for (std::size_t i = 0; i < deviation.size(); ++i) {
    const float error = std::abs(result.image.samples[i] - result.truth->samples[i]);
    if (deviation[i] == 0) {
      EXPECT_LT(error, 0.002F);  // 8 bits
      continue;
    }
    halves[2 * i / deviation.size()] += deviation[i];
    within += error <= deviation[i] ? 1 : 0;
    ++missing;
  }
  EXPECT_NEAR(missing / static_cast<double>(deviation.size()), 0.5, 0.03);
  EXPECT_GT(halves[0], 2.5 * halves[1]);
  EXPECT_GT(within / missing, 0.55);
  EXPECT_LT(within / missing, 0.9);
  EXPECT_NEAR(*result.uncertainty->within_one, within / missing, 0.15);
  request.settings.uncertainty = false;
  request.settings.iterations = 1;
  EXPECT_FALSE(restore(request).uncertainty);
}

Request short_request(const char* task, const Image& picture) {
  Request request;
  request.task = task;
  request.input = picture;
  request.settings.quality = "fast";
  request.settings.iterations = 20;
  request.settings.uncertainty = true;
  return request;
}

/// Clipped noise is known by the picture, whatever kind of file it came in.
TEST(Qualities, TheUncertaintyAllowsForNoiseThatWasClipped) {
  const Image truth = stripes(96);
  Request request = short_request("denoise", damage(truth, {.options = {{"noise", "50"}}}).image);
  request.options["sigma"] = "50";
  request.truth = truth;
  const Restoration result = restore(request);
  ASSERT_TRUE(result.uncertainty);
  // So few pixels tell it by 3 dB or so; the noise of what is as bright as the result would leave nothing.
  EXPECT_NEAR(-20 * std::log10(result.uncertainty->mean_error), *result.psnr, 4);
  request.input.sample = SampleType::f32;
  EXPECT_NEAR(restore(request).uncertainty->mean_error / result.uncertainty->mean_error, 1, 0.02);
}

TEST(Qualities, AnEnlargedPictureHasTheSpreadOfItsViews) {
  Request request = short_request("upscale", stripes(32));
  request.options["scale"] = "2";
  const Restoration result = restore(request);
  ASSERT_TRUE(result.uncertainty);
  EXPECT_FALSE(result.uncertainty->calibrated);
  EXPECT_EQ(result.uncertainty->deviation.width, 64);
  EXPECT_GT(result.uncertainty->mean_error, 1e-5);
  request.settings.uncertainty = false;
  EXPECT_EQ(restore(request).image.samples, result.image.samples);
}

// Of a picture larger than a tile: time has to be known before the fit, and the picture's cost.
TEST(Qualities, ASharpenedPictureHasTheSpreadOfItsViewsInALimitedTimeToo) {
  Request request = short_request("deblur", stripes(160));
  request.options["gaussian"] = "1";
  request.settings.time = 1000;
  const Restoration result = restore(request);
  EXPECT_EQ(result.iterations, 20);
  EXPECT_EQ(result.classic, "tv");
  ASSERT_TRUE(result.uncertainty);
  EXPECT_FALSE(result.uncertainty->calibrated);
  EXPECT_EQ(result.uncertainty->deviation.width, 160);
  request.settings.uncertainty = false;
  request.settings.time = 0;
  EXPECT_EQ(restore(request).image.samples, result.image.samples);
}

TEST(Qualities, AFitThatHasLearnedNothingLeavesTheClassicalResult) {
  Request request = half_missing(stripes(96));
  request.settings.iterations = 1;
  const Restoration fit = restore(request);
  EXPECT_EQ(fit.classic, "cubic");
  EXPECT_GT(fit.classic_share, 0.5);
  Request classic = half_missing(request.input);
  classic.method = "cubic";
  EXPECT_GT(*fit.psnr, *restore(classic).psnr - 0.05);
}

TEST(Qualities, AFitThatHasLearnedBeatsTheClassicalResult) {
  Request request = half_missing(stripes(96));
  Request classic = request;
  request.settings.iterations = 150;
  classic.method = "cubic";
  const Restoration fit = restore(request);
  EXPECT_LT(fit.classic_share, 0.5);
  EXPECT_GT(*fit.psnr, *restore(classic).psnr + 2);
}

TEST(Qualities, TimeIsKept) {
  Request request = half_missing(stripes(96));
  request.settings.time = 2;
  const auto began = std::chrono::steady_clock::now();
  const Restoration result = restore(request);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), 4);
  EXPECT_FALSE(result.stopped);
  EXPECT_GE(result.iterations, 1);
  EXPECT_LT(result.iterations, 600);
  EXPECT_EQ(result.reason, "its 2 seconds are over");
}

// One iteration of the reference takes seconds.
TEST(Qualities, WhereThereIsNoTimeForAnIterationTheClassicalResultIsAll) {
  Request request = half_missing(stripes(48));
  request.settings.device = "ref";
  request.settings.time = 0.6;
  const Restoration result = restore(request);
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.classic_share, 1);
  EXPECT_FALSE(result.classic.empty());
  EXPECT_NE(result.reason.find("for which there is no time"), std::string::npos) << result.reason;
  EXPECT_GT(*result.psnr, 12);  // the picture itself has 8
}

// Without blocks a network draws all anew, and has a blur to show for a long time.
TEST(Qualities, WhereThereIsNoTimeToDrawAllAnewThePictureStaysAsItCame) {
  Request request;
  request.task = "dejpeg";
  request.input = noise();
  request.settings.time = 0.6;
  const Restoration result = restore(request);
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.image.samples, request.input.samples);
  EXPECT_EQ(result.classic, "the picture as it came");
  EXPECT_NE(result.reason.find("300 iterations"), std::string::npos) << result.reason;

  request.settings.recipe = "small-fast";
  EXPECT_GT(restore(request).iterations, 0) << "who names a recipe wants its picture";
}

TEST(Qualities, APatientFitEndsWhenNothingIsGained) {
  Request request = half_missing(noise());  // nothing can be learned of it
  request.settings.set = {{"hold_out.share", "0.1"}, {"hold_out.patience", "20"}, {"every", "5"}};
  const Restoration result = restore(request);
  EXPECT_LT(result.iterations, 600);
  EXPECT_NE(result.reason.find("the error on held-out pixels has"), std::string::npos) << result.reason;
}

TEST(Qualities, FewPixelsAreNotHeldOut) {
  Request request = half_missing(stripes(12));
  request.settings.iterations = 2;
  const Restoration result = restore(request);
  EXPECT_FALSE(result.expected);
  EXPECT_EQ(result.classic, "");
}

}  // namespace
}  // namespace dipper
