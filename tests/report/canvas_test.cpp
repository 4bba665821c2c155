// SPDX-License-Identifier: Apache-2.0
#include "report/canvas.hpp"

#include <gtest/gtest.h>
#include <lcms2.h>

#include <algorithm>
#include <array>

namespace dipper {
namespace {

TEST(Canvas, GrayBecomesRgb) {
  Image image(2, 1, 1);
  image.samples = {0.0F, 1.0F};
  const Canvas canvas = display(image, 2, 1);
  EXPECT_EQ(canvas.rgb, (std::vector<std::uint8_t>{0, 0, 0, 255, 255, 255}));
}

TEST(Canvas, ShrinksByMeans) {
  Image image(4, 2, 3);
  for (int channel = 0; channel < 3; ++channel) {
    const std::span<float> plane = image.plane(channel);
    for (std::size_t i = 0; i < plane.size(); ++i) plane[i] = i % 4 < 2 ? 0.2F : 0.6F;
  }
  const Canvas canvas = display(image, 2, 1);
  EXPECT_EQ(canvas.width, 2);
  EXPECT_EQ(canvas.height, 1);
  EXPECT_EQ(canvas.rgb, (std::vector<std::uint8_t>{51, 51, 51, 153, 153, 153}));
}

TEST(Canvas, TransparentPixelsShowTheCheckerboard) {
  Image image(16, 8, 4, 1.0F);  // white; its left half is clear, one pixel half so
  for (std::size_t i = 0; i < image.plane_size(); ++i) image.plane(3)[i] = i % 16 < 8 ? 0.0F : 1.0F;
  image.plane(3)[8] = 0.5F;
  const Canvas canvas = display(image, 16, 8);
  EXPECT_EQ(canvas.rgb[0], 204);
  EXPECT_EQ(canvas.rgb[24], 204);  // half white, half dark gray
  EXPECT_EQ(canvas.rgb[27], 255);
}

// A profile whose red is sRGB's green and so on: the canvas must show the colours that were meant.
TEST(Canvas, AppliesTheProfile) {
  const cmsCIExyY white = {0.3127, 0.3290, 1};
  const cmsCIExyYTRIPLE turned = {{0.30, 0.60, 1}, {0.15, 0.06, 1}, {0.64, 0.33, 1}};
  const std::array<cmsFloat64Number, 5> curve = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  cmsToneCurve* tone = cmsBuildParametricToneCurve(nullptr, 4, curve.data());
  const std::array<cmsToneCurve*, 3> tones = {tone, tone, tone};
  cmsHPROFILE profile = cmsCreateRGBProfile(&white, &turned, tones.data());
  cmsUInt32Number size = 0;
  ASSERT_TRUE(cmsSaveProfileToMem(profile, nullptr, &size));
  Image image(1, 1, 3, 0.0F);
  image.icc.resize(size);
  ASSERT_TRUE(cmsSaveProfileToMem(profile, image.icc.data(), &size));
  cmsCloseProfile(profile);
  cmsFreeToneCurve(tone);

  image.plane(0)[0] = 1.0F;
  const Canvas canvas = display(image, 1, 1);
  EXPECT_LT(canvas.rgb[0], 30);
  EXPECT_GT(canvas.rgb[1], 225);
  EXPECT_LT(canvas.rgb[2], 30);
}

TEST(Canvas, AProfileThatIsNoneIsLeftOut) {
  Image image(1, 1, 3, 1.0F);
  image.icc.assign(200, std::byte{7});
  EXPECT_EQ(display(image, 1, 1).rgb, (std::vector<std::uint8_t>{255, 255, 255}));
}

}  // namespace
}  // namespace dipper
