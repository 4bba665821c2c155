// SPDX-License-Identifier: Apache-2.0
#include "image/limits.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Limits, APictureHasOnePixelToTwoGigapixels) {
  EXPECT_TRUE(size_fits(1, 1, 1));
  EXPECT_TRUE(size_fits(most_pixels, 1, 4));
  EXPECT_TRUE(size_fits(50'000, 40'000, 3));
  EXPECT_FALSE(size_fits(50'000, 40'001, 3));
  EXPECT_FALSE(size_fits(0, 1, 1));
  EXPECT_FALSE(size_fits(1, -1, 1));
  EXPECT_FALSE(size_fits(1, 1, 0));
  EXPECT_FALSE(size_fits(1, 1, 5));
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(size_fits(huge, huge, 4));
  EXPECT_FALSE(size_fits(std::int64_t{1} << 32, 1, 1));
}

std::string refusal(std::int64_t width, std::int64_t height, int channels, const ReadLimits& limits, std::size_t free) {
  try {
    check_size(width, height, channels, limits, free);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

constexpr std::size_t plenty = std::numeric_limits<std::size_t>::max();

TEST(Limits, AGigapixelIsReadAndMoreWhereThatIsAskedFor) {
  EXPECT_EQ(refusal(25'000, 40'000, 4, {}, plenty), "");
  EXPECT_EQ(refusal(25'000, 40'001, 1, {}, plenty),
            "has 25000 x 40001 pixels; dipper reads 1000 million at most, or up to 2000 million with --max-pixels");
  EXPECT_EQ(refusal(25'000, 40'001, 1, {.pixels = 1'000'025'000}, plenty), "");
  EXPECT_EQ(refusal(20, 10, 1, {.pixels = 199}, plenty),
            "has 20 x 10 pixels; dipper reads 199 at most, or up to 2000 million with --max-pixels");
  EXPECT_NE(refusal(50'000, 50'000, 1, {.pixels = 9'000'000'000}, plenty), "");
}

TEST(Limits, FewerPixelsAreReadWhereMemoryIsShort) {
  constexpr std::size_t free = 36'000'000;  // twelve bytes a sample
  EXPECT_EQ(refusal(1000, 1000, 3, {}, free), "");
  EXPECT_EQ(refusal(1000, 3000, 1, {}, free), "");
  EXPECT_EQ(refusal(1001, 1000, 3, {}, free),
            "has 1001 x 1000 pixels but the memory that is free has room for about 1 million; "
            "--max-pixels 2M reads it all the same");
  EXPECT_EQ(refusal(1001, 1000, 3, {.pixels = 2'000'000}, free), "");
}

TEST(Limits, SayWhatElseIsWrong) {
  EXPECT_NO_THROW(check_size(640, 480, 3, {}));
  EXPECT_EQ(refusal(0, 5, 1, {}, plenty), "has 0 x 5 pixels; a picture has one or more");
  EXPECT_EQ(refusal(1, 1, 5, {}, plenty), "has 5 channels; dipper takes 1 to 4");
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_NE(refusal(huge, huge, 1, {}, plenty), "");
}

}  // namespace
}  // namespace dipper
