// SPDX-License-Identifier: Apache-2.0
#include "image/limits.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Limits, TakeOnePixelToAGigapixel) {
  EXPECT_TRUE(size_fits(1, 1, 1));
  EXPECT_TRUE(size_fits(most_pixels, 1, 4));
  EXPECT_TRUE(size_fits(25'000, 40'000, 3));
  EXPECT_FALSE(size_fits(25'000, 40'001, 3));
  EXPECT_FALSE(size_fits(0, 1, 1));
  EXPECT_FALSE(size_fits(1, -1, 1));
  EXPECT_FALSE(size_fits(1, 1, 0));
  EXPECT_FALSE(size_fits(1, 1, 5));
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(size_fits(huge, huge, 4));
  EXPECT_FALSE(size_fits(std::int64_t{1} << 32, 1, 1));
}

TEST(Limits, SayWhatIsWrong) {
  EXPECT_NO_THROW(check_size(640, 480, 3));
  try {
    check_size(50'000, 50'000, 3);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "has 50000 x 50000 pixels; dipper takes pictures of 1 to 1000 million pixels");
  }
  EXPECT_THROW(check_size(1, 1, 5), Error);
}

}  // namespace
}  // namespace dipper
