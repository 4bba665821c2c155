// SPDX-License-Identifier: Apache-2.0
#include "api/pictures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dipper {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Three pixels side by side, of which the last is missing.
Observation observation_of(SampleType sample, std::vector<float> samples) {
  Observation observation{.damaged = Image(3, 1, 1), .weights = {1, 1, 0}, .keeps_known = true};
  observation.damaged.sample = sample;
  observation.damaged.samples = std::move(samples);
  return observation;
}

TEST(Range, IsThatOfTheKnownSamplesOfAFloatPicture) {
  const Range range = range_of(observation_of(SampleType::f32, {-3, 5, 100}));
  EXPECT_EQ(range.low, -3);
  EXPECT_EQ(range.high, 5);
  EXPECT_EQ(range.into(5), 1);
  EXPECT_EQ(range.out_of(range.into(-3)), -3);
}

TEST(Range, IsNeverLessThanFromBlackToWhite) {
  for (const SampleType sample : {SampleType::u8, SampleType::f32}) {
    const Range range = range_of(observation_of(sample, {0.25F, 0.5F, nan}));
    EXPECT_EQ(range.low, 0);
    EXPECT_EQ(range.high, 1);
  }
}

TEST(Range, ColoursAreSeenInItWithoutAlpha) {
  Image picture(2, 1, 2);
  picture.samples = {-1, 3, 0.5F, 0.5F};
  EXPECT_EQ(colours_of(picture, {-1, 3}), (std::vector<float>{0, 1}));
}

TEST(Deviations, AreInThePicturesUnitsAndNoneWherePixelsStay) {
  Observation observation = observation_of(SampleType::f32, {-3, 5, 100});
  observation.weights = {1, 0.5F, 0};
  const std::vector<float> squares(3, 0.01F);
  const Image deviation = deviation_of(observation, {-3, 5}, squares);
  EXPECT_EQ(deviation.sample, SampleType::f32);
  EXPECT_EQ(deviation.channels, 1);
  EXPECT_EQ(deviation.samples[0], 0);
  EXPECT_NEAR(deviation.samples[1], 0.4, 1e-6);
  EXPECT_NEAR(deviation.samples[2], 0.8, 1e-6);
  observation.keeps_known = false;
  EXPECT_NEAR(deviation_of(observation, {-3, 5}, squares).samples[0], 0.8, 1e-6);
}

TEST(Truths, AreOfTheSameShapeAndFinite) {
  const Observation observation = observation_of(SampleType::u8, {0, 1, 0});
  EXPECT_NO_THROW(static_cast<void>(fitting_truth(Image(3, 1, 2), observation)));  // alpha is not compared
  for (const Image& wrong : {Image(1, 3, 1), Image(4, 1, 1), Image(3, 1, 3), Image(3, 1, 1, nan)}) {
    EXPECT_THROW(static_cast<void>(fitting_truth(wrong, observation)), Error);
  }
}

TEST(Truths, OfWhatIsEnlargedMayHaveTheRestThatTheScaleLeaves) {
  Observation observation = observation_of(SampleType::u8, {0, 1, 0});
  observation.observed_by = LinearOperator{.stride = 2, .height = 2, .width = 6};
  observation.frame = Image(6, 2, 1);
  EXPECT_EQ(fitting_truth(Image(7, 3, 1), observation).width, 6);
  EXPECT_THROW(static_cast<void>(fitting_truth(Image(8, 2, 1), observation)), Error);
  EXPECT_THROW(static_cast<void>(fitting_truth(Image(5, 2, 1), observation)), Error);
}

TEST(ShownPictures, KeepWhatIsKnownButForTheRawOne) {
  const Observation observation = observation_of(SampleType::f32, {-1, 3, nan});
  Pictures pictures(observation, range_of(observation), nullptr);
  pictures.show(std::vector<float>{0.5F, 0.5F, 0.5F}, std::vector<float>{0, 0.25F, 0.75F});
  Progress progress;
  pictures.lend(progress);
  EXPECT_EQ(progress.picture->samples, (std::vector<float>{-1, 3, 1}));
  EXPECT_EQ(progress.raw->samples, (std::vector<float>{-1, 0, 2}));
  EXPECT_FALSE(progress.psnr || progress.raw_psnr);
}

TEST(ShownPictures, AreMeasuredAgainstTheTruth) {
  const Observation observation = observation_of(SampleType::f32, {0, 1, nan});
  Image truth(3, 1, 1);
  truth.samples = {0, 1, 0.5F};
  Pictures pictures(observation, range_of(observation), &truth);
  pictures.show(std::vector<float>{0, 0, 0.75F}, std::vector<float>{0, 0.5F, 0.5F});
  Restoration result;
  pictures.move_to(result);
  EXPECT_NEAR(*result.psnr, -10 * std::log10(0.0625 / 3), 1e-6);
  EXPECT_NEAR(*result.raw_psnr, -10 * std::log10(0.25 / 3), 1e-6);
  EXPECT_TRUE(result.ssim.has_value());
  EXPECT_EQ(result.truth->samples, truth.samples);
  EXPECT_EQ(result.image.samples, (std::vector<float>{0, 1, 0.75F}));
}

}  // namespace
}  // namespace dipper
