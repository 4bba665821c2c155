// SPDX-License-Identifier: Apache-2.0
#include "image/samples.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "pictures.hpp"

namespace dipper {
namespace {

TEST(Samples, EveryIntegerComesBack) {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  Image image(16, 16, 1);
  set_samples(image, bytes);
  EXPECT_EQ(image.sample, SampleType::u8);
  EXPECT_EQ(image.samples[51], 0.2F);
  EXPECT_EQ(to_eight_bit(image), bytes);

  std::vector<std::uint16_t> words(65536);
  std::iota(words.begin(), words.end(), std::uint16_t{0});
  image = Image(256, 256, 1);
  set_samples(image, words);
  EXPECT_EQ(image.sample, SampleType::u16);
  EXPECT_EQ(image.samples[13107], 0.2F);
  EXPECT_EQ(to_sixteen_bit(image), words);
}

TEST(Samples, InterleaveAndBack) {
  const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6, 7, 8};
  Image image(2, 1, 4);
  set_samples(image, bytes);
  EXPECT_EQ(image.plane(0)[1], 5.0F / 255);
  EXPECT_EQ(image.plane(3)[0], 4.0F / 255);
  EXPECT_EQ(to_eight_bit(image), bytes);
  EXPECT_EQ(to_floats(image)[1], 2.0F / 255);
}

TEST(Samples, AreClampedAndRounded) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_eight_bit(std::numeric_limits<float>::quiet_NaN()), 0);
  EXPECT_EQ(to_eight_bit(-infinity), 0);
  EXPECT_EQ(to_eight_bit(infinity), 255);
  EXPECT_EQ(to_eight_bit(-0.1F), 0);
  EXPECT_EQ(to_eight_bit(1.1F), 255);
  EXPECT_EQ(to_eight_bit(10.4F / 255), 10);
  EXPECT_EQ(to_eight_bit(10.6F / 255), 11);
  EXPECT_EQ(to_sixteen_bit(300.6F / 65535), 301);
  EXPECT_EQ(to_sixteen_bit(2.0F), 65535);
}

TEST(Samples, RoundToTheSampleType) {
  Image image(4, 1, 1);
  image.samples = {-1, 10.4F / 255, 0.5F, 2};
  Image rounded = image;
  round_samples(rounded);
  EXPECT_EQ(rounded.samples, (std::vector<float>{0, 10.0F / 255, 128.0F / 255, 1}));
  rounded = image;
  rounded.sample = SampleType::u16;
  round_samples(rounded);
  EXPECT_EQ(rounded.samples, (std::vector<float>{0, 2673.0F / 65535, 32768.0F / 65535, 1}));
  rounded = image;
  rounded.sample = SampleType::f32;
  round_samples(rounded);
  EXPECT_EQ(rounded.samples, image.samples);
}

TEST(Samples, Unpremultiply) {
  Image image(2, 1, 2);
  image.samples = {0.25F, 0.5F, 0.5F, 0.0F};  // colours, then alpha
  unpremultiply(image);
  EXPECT_EQ(image.samples, (std::vector<float>{0.5F, 0.5F, 0.5F, 0.0F}));
  Image opaque(1, 1, 3, 0.5F);
  unpremultiply(opaque);
  EXPECT_EQ(opaque.samples, std::vector<float>(3, 0.5F));
}

TEST(Samples, OnlyAFittingProfileIsUsed) {
  for (int channels = 1; channels <= 4; ++channels) {
    Image image(1, 1, channels);
    image.icc = test::gray_profile();
    EXPECT_EQ(fitting_profile(image).size(), channels <= 2 ? image.icc.size() : 0);
    image.icc = test::rgb_profile();
    EXPECT_EQ(fitting_profile(image).size(), channels <= 2 ? 0 : image.icc.size());
    image.icc = test::cmyk_profile();
    EXPECT_TRUE(fitting_profile(image).empty());
    image.icc.resize(100);
    EXPECT_TRUE(fitting_profile(image).empty());
  }
}

}  // namespace
}  // namespace dipper
