// SPDX-License-Identifier: Apache-2.0
#include "tasks/mask.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Masks, AreAsBrightAsTheirPixels) {
  const Image picture(2, 1, 3);
  Image gray(2, 1, 1);
  gray.samples = {0.25F, 1};
  EXPECT_EQ(read_mask(gray, picture, "mask"), (std::vector<float>{0.25F, 1}));
  Image colour(2, 1, 3);
  colour.samples = {1, 0, 0, 0, 0, 1};  // red, blue
  const std::vector<float> luma = read_mask(colour, picture, "mask");
  EXPECT_FLOAT_EQ(luma[0], 0.299F);
  EXPECT_FLOAT_EQ(luma[1], 0.114F);
}

TEST(Masks, AreBlackWhereTheyAreTransparentOrNoNumber) {
  const Image picture(3, 1, 1);
  Image mask(3, 1, 2);
  mask.samples = {1, std::numeric_limits<float>::quiet_NaN(), 7, 0.5F, 1, 1};
  EXPECT_EQ(read_mask(mask, picture, "mask"), (std::vector<float>{0.5F, 0, 1}));
}

TEST(Masks, OfAnotherSizeAreRefused) {
  try {
    static_cast<void>(read_mask(Image(3, 2, 1), Image(2, 3, 1), "mask-known"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "the picture of --mask-known is 3x2 but the picture to repair is 2x3; make them the same size");
  }
}

}  // namespace
}  // namespace dipper
