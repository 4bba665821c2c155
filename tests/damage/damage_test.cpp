// SPDX-License-Identifier: Apache-2.0
#include "dipper/damage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "dipper/error.hpp"

namespace dipper {
namespace {

using Options = std::map<std::string, std::string>;

// Smooth, with samples that its type can hold.
Image waves(int width, int height, int channels, SampleType sample = SampleType::u8) {
  Image image(width, height, channels);
  image.sample = sample;
  const float most = sample == SampleType::u8 ? 255 : 65535;
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double value = 0.5 + 0.3 * std::sin(0.1 * x + c) * std::cos(0.13 * y);
        image.plane(c)[static_cast<std::size_t>(y) * width + x] =
            sample == SampleType::f32 ? static_cast<float>(value)
                                      : static_cast<float>(std::lround(value * most)) / most;
      }
    }
  }
  return image;
}

std::string error_of(const Image& clean, const Options& options) {
  try {
    static_cast<void>(damage(clean, {.options = options}));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Damage, TheMaskMarksEveryPixelThatChangedAndNoOtherChanged) {
  for (const auto& option :
       Options{{"drop", "0.3"}, {"text", "Some text"}, {"scratch", "5"}, {"hole", "30x20+10+40"}}) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (const SampleType sample : {SampleType::u8, SampleType::u16, SampleType::f32}) {
        const Image clean = waves(120, 90, channels, sample);
        const Damaged damaged = damage(clean, {.options = {option}});
        ASSERT_TRUE(damaged.mask);
        EXPECT_EQ(damaged.mask->channels, 1);
        EXPECT_EQ(damaged.mask->sample, SampleType::u8);
        EXPECT_EQ(damaged.image.sample, sample);
        std::size_t covered = 0;
        for (std::size_t i = 0; i < clean.plane_size(); ++i) {
          const float marked = damaged.mask->samples[i];
          ASSERT_TRUE(marked == 0 || marked == 1);
          covered += marked == 1 ? 1 : 0;
          for (int c = 0; c < channels; ++c) {
            const bool alpha = c == clean.colour_channels();
            if (marked == 1 && !alpha) continue;
            ASSERT_EQ(damaged.image.plane(c)[i], clean.plane(c)[i]) << option.first;
          }
        }
        EXPECT_GT(covered, 100U) << option.first;
        EXPECT_DOUBLE_EQ(damaged.covered, static_cast<double>(covered) / static_cast<double>(clean.plane_size()));
      }
    }
  }
}

TEST(Damage, WhatCoversHasItsColour) {
  const Image clean = waves(120, 90, 3);
  const auto mean_of_covered = [&](const Options& options, int channel) {
    const Damaged damaged = damage(clean, {.options = options});
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i < clean.plane_size(); ++i) {
      if (damaged.mask->samples[i] == 0) continue;
      sum += damaged.image.plane(channel)[i];
      ++count;
    }
    return sum / count;
  };
  EXPECT_EQ(mean_of_covered({{"drop", "0.3"}}, 1), 0);
  EXPECT_EQ(mean_of_covered({{"hole", "9x9+5+5"}}, 1), 0);
  EXPECT_GT(mean_of_covered({{"scratch", "5"}}, 1), 0.65);
  EXPECT_GT(mean_of_covered({{"text", "MMMM"}}, 0), mean_of_covered({{"text", "MMMM"}}, 1) + 0.2);
}

TEST(Damage, TextOnAGrayPictureContrasts) {
  const Damaged dark = damage(Image(300, 300, 1, 0.2F), {.options = {{"text", "MM"}}});
  const Damaged light = damage(Image(300, 300, 1, 0.8F), {.options = {{"text", "MM"}}});
  EXPECT_GT(*std::ranges::max_element(dark.image.samples), 0.8F);
  EXPECT_EQ(*std::ranges::min_element(dark.image.samples), 0.2F);
  EXPECT_LT(*std::ranges::min_element(light.image.samples), 0.2F);
  EXPECT_EQ(*std::ranges::max_element(light.image.samples), 0.8F);
}

TEST(Damage, WhatDoesNotCoverHasNoMask) {
  const Image clean = waves(40, 30, 3);
  for (const auto& option :
       Options{{"blur", "1"}, {"motion", "9,45"}, {"noise", "25"}, {"poisson", "50"}, {"jpeg", "20"}}) {
    const Damaged damaged = damage(clean, {.options = {option}});
    EXPECT_FALSE(damaged.mask);
    EXPECT_EQ(damaged.covered, 0);
    EXPECT_NE(damaged.image.samples, clean.samples) << option.first;
    EXPECT_EQ(damaged.image.width, 40);
  }
}

TEST(Damage, HoldsWhatAFileOfItsTypeHolds) {
  for (const SampleType sample : {SampleType::u8, SampleType::u16}) {
    const float most = sample == SampleType::u8 ? 255 : 65535;
    const Damaged damaged =
        damage(waves(60, 50, 3, sample), {.options = {{"noise", "120"}, {"blur", "0.5"}, {"scratch", "9"}}});
    for (const float value : damaged.image.samples) {
      ASSERT_GE(value, 0);
      ASSERT_LE(value, 1);
      ASSERT_EQ(value, static_cast<float>(std::lround(value * most)) / most);
    }
  }
  const Damaged floats = damage(waves(60, 50, 3, SampleType::f32), {.options = {{"noise", "120"}}});
  EXPECT_LT(*std::ranges::min_element(floats.image.samples), -0.1F);
}

TEST(Damage, ComesInTheOrderOfACameraAFileAndTime) {
  // Blur before noise: all by itself noise stays as strong as it is.
  const Image flat(64, 64, 1, 0.5F);
  const auto deviation = [](const Image& image) {
    double sum = 0;
    for (const float value : image.samples) sum += (value - 0.5) * (value - 0.5);
    return std::sqrt(sum / static_cast<double>(image.samples.size())) * 255;
  };
  EXPECT_NEAR(deviation(damage(flat, {.options = {{"blur", "3"}, {"noise", "25"}}}).image), 25, 1.5);
  EXPECT_NEAR(deviation(damage(flat, {.options = {{"downscale", "2"}, {"noise", "25"}}}).image), 25, 2.5);
  // JPEG after noise and before covers: a hole has sharp edges.
  EXPECT_LT(deviation(damage(flat, {.options = {{"noise", "25"}, {"jpeg", "5"}}}).image), 20);
  const Damaged holed = damage(flat, {.options = {{"jpeg", "5"}, {"hole", "5x5+7+9"}}});
  for (std::size_t i = 0; i < holed.image.samples.size(); ++i) {
    if (holed.mask->samples[i] == 1) {
      EXPECT_EQ(holed.image.samples[i], 0);
    } else {
      EXPECT_NEAR(holed.image.samples[i], 0.5, 0.01);
    }
  }
}

TEST(Damage, ASmallPictureIsCoveredAfterItBecameSmall) {
  const Damaged damaged = damage(waves(101, 62, 3), {.options = {{"downscale", "4"}, {"hole", "2x3+23+12"}}});
  EXPECT_EQ(damaged.image.width, 25);
  EXPECT_EQ(damaged.image.height, 15);
  EXPECT_EQ(damaged.mask->width, 25);
  EXPECT_EQ(std::ranges::count(damaged.mask->samples, 1.0F), 6);
}

// What is right of and below the last whole block of S x S pixels changes nothing.
TEST(Damage, ASmallerPictureIsThatOfWhatTheScaleDivides) {
  const Damaged whole = damage(waves(40, 28, 3), {.options = {{"downscale", "4"}}});
  EXPECT_EQ(whole.note, "");
  Image larger(43, 29, 3, 1.0F);
  const Image clean = waves(40, 28, 3);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 28; ++y) {
      std::copy_n(clean.plane(c).begin() + 40 * y, 40, larger.plane(c).begin() + 43 * y);
    }
  }
  const Damaged cropped = damage(larger, {.options = {{"downscale", "4"}}});
  EXPECT_EQ(cropped.image.samples, whole.image.samples);
  EXPECT_EQ(cropped.note, "cropped at the right and below to 40x28, which 4 divides");
  EXPECT_NE(error_of(Image(9, 3, 1), {{"downscale", "4"}}).find("leaves nothing of a picture of 9x3"),
            std::string::npos);
}

TEST(Damage, FollowsFromTheSeedAlone) {
  const Image clean = waves(90, 70, 3);
  const Options options = {{"blur", "1.5"}, {"noise", "9"}, {"poisson", "90"}, {"drop", "0.1"}, {"scratch", "4"}};
  const Damaged first = damage(clean, {.options = options, .seed = 5, .threads = 1});
  const Damaged second = damage(clean, {.options = options, .seed = 5, .threads = 3});
  EXPECT_EQ(first.image.samples, second.image.samples);
  EXPECT_EQ(first.mask->samples, second.mask->samples);
  const Damaged other = damage(clean, {.options = options, .seed = 6});
  EXPECT_NE(first.image.samples, other.image.samples);
  EXPECT_NE(first.mask->samples, other.mask->samples);
}

TEST(Damage, KeepsProfileAndExif) {
  Image clean = waves(40, 30, 4);
  clean.icc = {std::byte{1}};
  clean.exif = {std::byte{2}};
  const Damaged damaged =
      damage(clean, {.options = {{"blur", "1"}, {"downscale", "2"}, {"jpeg", "50"}, {"drop", "0.5"}}});
  EXPECT_EQ(damaged.image.icc, clean.icc);
  EXPECT_EQ(damaged.image.exif, clean.exif);
  EXPECT_EQ(damaged.image.channels, 4);
}

TEST(Damage, SaysWhatIsWrong) {
  const Image clean = waves(40, 30, 3);
  EXPECT_NE(error_of(Image(), {{"noise", "25"}}).find("no picture"), std::string::npos);
  EXPECT_NE(error_of(clean, {}).find("say what to do"), std::string::npos);
  for (const char* hole : {"41x1+0+0", "1x31+0+0", "10x10+31+0", "10x10+0+21", "1x1+2147483647+0"}) {
    EXPECT_NE(error_of(clean, {{"hole", hole}}).find("reaches beyond the picture, which is 40x30"), std::string::npos)
        << hole;
  }
  EXPECT_EQ(error_of(clean, {{"hole", "10x10+30+20"}}), "no error");
  EXPECT_NE(error_of(clean, {{"hole", "40x30+0+0"}}).find("nothing of the picture is left"), std::string::npos);
  EXPECT_NE(error_of(clean, {{"text", "\u00A0"}}).find("nothing of the picture was covered"), std::string::npos);
  EXPECT_NE(error_of(Image(1, 1, 1), {{"drop", "0.5"}}).find("one pixel"), std::string::npos);
}

}  // namespace
}  // namespace dipper
