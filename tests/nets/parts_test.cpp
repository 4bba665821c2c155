// SPDX-License-Identifier: Apache-2.0
#include "nets/parts.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

TEST(Parts, WordsMeanWhatTheySay) {
  EXPECT_EQ(padding_of("zero"), Padding::zero);
  EXPECT_EQ(padding_of("reflect"), Padding::reflect);
  EXPECT_EQ(interpolation_of("nearest"), Interpolation::nearest);
  EXPECT_EQ(interpolation_of("bilinear"), Interpolation::bilinear);
}

TEST(PartsDeathTest, OtherWordsAreBugs) {
  EXPECT_DEATH((void)padding_of("mirror"), "zero");
  EXPECT_DEATH((void)interpolation_of("cubic"), "nearest");
}

}  // namespace
}  // namespace dipper
