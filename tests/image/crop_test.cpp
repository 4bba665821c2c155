// SPDX-License-Identifier: Apache-2.0
#include "image/crop.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include <numeric>

namespace dipper {
namespace {

TEST(UpperLeft, KeepsTheCornerAndAllElse) {
  Image image(5, 4, 2);
  std::iota(image.samples.begin(), image.samples.end(), 0.0F);
  image.sample = SampleType::f32;
  image.icc = {std::byte{1}};
  image.exif = {std::byte{2}};
  const Image part = upper_left(image, 2, 3);
  EXPECT_EQ(part.samples, (std::vector<float>{0, 1, 5, 6, 10, 11, 20, 21, 25, 26, 30, 31}));
  EXPECT_EQ(part.width, 2);
  EXPECT_EQ(part.height, 3);
  EXPECT_EQ(part.sample, SampleType::f32);
  EXPECT_EQ(part.icc, image.icc);
  EXPECT_EQ(part.exif, image.exif);
  EXPECT_EQ(upper_left(image, 5, 4).samples, image.samples);
}

TEST(UpperLeftDeathTest, APartThatIsLargerIsABug) {
  EXPECT_DEATH(static_cast<void>(upper_left(Image(5, 4, 1), 6, 4)), "check failed");
  EXPECT_DEATH(static_cast<void>(upper_left(Image(5, 4, 1), 5, 0)), "check failed");
}

TEST(Crop, APictureIsContinuedByItsMirrorImage) {
  Image image(3, 2, 2);
  for (std::size_t i = 0; i < 12; ++i) image.samples[i] = static_cast<float>(i);
  image.sample = SampleType::u16;
  EXPECT_EQ(continued(image, 3, 2).samples, image.samples);
  const Image larger = continued(image, 4, 3);
  EXPECT_EQ(larger.samples,
            (std::vector<float>{0, 1, 2, 1, 3, 4, 5, 4, 0, 1, 2, 1, 6, 7, 8, 7, 9, 10, 11, 10, 6, 7, 8, 7}));
  EXPECT_EQ(larger.sample, SampleType::u16);
}

}  // namespace
}  // namespace dipper
