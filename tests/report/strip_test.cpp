// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dipper/error.hpp"
#include "dipper/report.hpp"

namespace dipper {
namespace {

float at(const Image& image, int channel, int x, int y) {
  return image.plane(
      channel)[static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)];
}

TEST(Strip, PicturesStandSideBySideWithAWhiteGap) {
  const std::array<Image, 3> pictures = {Image(10, 8, 3, 0.0F), Image(10, 8, 3, 0.2F), Image(10, 8, 3, 0.4F)};
  const Image out = strip(pictures);
  EXPECT_EQ(out.width, 3 * 10 + 2 * 2);
  EXPECT_EQ(out.height, 8);
  EXPECT_EQ(out.channels, 3);
  EXPECT_EQ(out.sample, SampleType::u8);
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_FLOAT_EQ(at(out, channel, 9, 7), 0.0F);
    EXPECT_FLOAT_EQ(at(out, channel, 10, 0), 1.0F);
    EXPECT_FLOAT_EQ(at(out, channel, 11, 7), 1.0F);
    EXPECT_FLOAT_EQ(at(out, channel, 12, 0), 0.2F);
    EXPECT_FLOAT_EQ(at(out, channel, 24, 0), 0.4F);
    EXPECT_FLOAT_EQ(at(out, channel, 33, 7), 0.4F);
  }
}

TEST(Strip, ScalesTallPicturesDownAndLeavesSmallOnesAlone) {
  const std::array<Image, 2> pictures = {Image(300, 200, 3, 0.6F), Image(20, 10, 3, 0.0F)};
  const Image out = strip(pictures, 100);
  EXPECT_EQ(out.height, 100);
  EXPECT_EQ(out.width, 150 + 2 + 20);
  EXPECT_FLOAT_EQ(at(out, 0, 75, 50), 0.6F);
  EXPECT_FLOAT_EQ(at(out, 0, 160, 50), 0.0F);  // centred from top to bottom
  EXPECT_FLOAT_EQ(at(out, 0, 160, 40), 1.0F);
  EXPECT_FLOAT_EQ(at(out, 0, 160, 60), 1.0F);
}

TEST(Strip, GrayAloneStaysGrayAndBecomesRgbBesideRgb) {
  const std::array<Image, 2> gray = {Image(3, 3, 1, 0.2F), Image(3, 3, 1, 0.4F)};
  EXPECT_EQ(strip(gray).channels, 1);
  const std::array<Image, 2> mixed = {Image(3, 3, 1, 0.2F), Image(3, 3, 3, 0.4F)};
  const Image out = strip(mixed);
  EXPECT_EQ(out.channels, 3);
  for (int channel = 0; channel < 3; ++channel) EXPECT_FLOAT_EQ(at(out, channel, 1, 1), 0.2F);
}

TEST(Strip, AnEightBitPictureOutOfSixteenBitsAndFloats) {
  std::array<Image, 2> pictures = {Image(2, 2, 3, 0.5F), Image(2, 2, 3, 7.0F)};
  pictures[0].sample = SampleType::u16;
  pictures[1].sample = SampleType::f32;
  const Image out = strip(pictures);
  EXPECT_EQ(out.sample, SampleType::u8);
  EXPECT_FLOAT_EQ(at(out, 0, 0, 0), 128.0F / 255.0F);
  EXPECT_FLOAT_EQ(at(out, 0, 5, 0), 1.0F);
}

TEST(Strip, OnePixelAndNothing) {
  const std::array<Image, 1> one = {Image(1, 1, 3, 0.2F)};
  EXPECT_EQ(strip(one, 1).width, 1);
  EXPECT_THROW((void)strip({}), Error);
  EXPECT_THROW((void)strip(std::vector<Image>(1)), Error);
}

}  // namespace
}  // namespace dipper
