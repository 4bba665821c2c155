// SPDX-License-Identifier: Apache-2.0
#include "image/cmyk.hpp"

#include <gtest/gtest.h>

#include "pictures.hpp"

namespace dipper {
namespace {

using Octets = std::vector<std::uint8_t>;

TEST(Cmyk, PlainFormula) {
  const Octets inks{0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 255, 0, 128};
  EXPECT_EQ(cmyk_to_rgb(inks, false, {}), (Octets{255, 255, 255, 0, 255, 255, 0, 0, 0, 127, 0, 127}));
  Octets inverted;
  for (const std::uint8_t ink : inks) inverted.push_back(static_cast<std::uint8_t>(255 - ink));
  EXPECT_EQ(cmyk_to_rgb(inverted, true, {}), cmyk_to_rgb(inks, false, {}));
}

TEST(Cmyk, GoesThroughTheProfile) {
  // The profile makes every ink but black invisible; L* = 100 - 100 * 178 / 255 = 30.2 is gray 71 of sRGB.
  const Octets inks{0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 255, 40, 0, 200, 178};
  const Octets rgb = cmyk_to_rgb(inks, false, test::cmyk_profile());
  const Octets expected{255, 255, 255, 255, 255, 255, 0, 0, 0, 71, 71, 71};
  ASSERT_EQ(rgb.size(), expected.size());
  for (std::size_t i = 0; i < rgb.size(); ++i) EXPECT_NEAR(rgb[i], expected[i], 2) << i;
  Octets inverted;
  for (const std::uint8_t ink : inks) inverted.push_back(static_cast<std::uint8_t>(255 - ink));
  EXPECT_EQ(cmyk_to_rgb(inverted, true, test::cmyk_profile()), rgb);
}

TEST(Cmyk, AnUnusableProfileFallsBack) {
  const Octets inks{255, 0, 0, 0};
  const Bytes garbage(500, std::byte{42});
  EXPECT_EQ(cmyk_to_rgb(inks, false, garbage), (Octets{0, 255, 255}));
  EXPECT_EQ(cmyk_to_rgb(inks, false, test::rgb_profile()), (Octets{0, 255, 255}));
}

}  // namespace
}  // namespace dipper
