// SPDX-License-Identifier: Apache-2.0
#include "image/orient.hpp"

#include <gtest/gtest.h>

#include <array>

#include "pictures.hpp"

namespace dipper {
namespace {

// The stored picture is  0 1 2  and these are the upright rows, drawn by hand from the tag's definition.
//                        3 4 5
struct Case {
  int orientation;
  int width;
  std::vector<float> upright;
};

const std::vector<Case> cases{
    {1, 3, {0, 1, 2, 3, 4, 5}}, {2, 3, {2, 1, 0, 5, 4, 3}}, {3, 3, {5, 4, 3, 2, 1, 0}}, {4, 3, {3, 4, 5, 0, 1, 2}},
    {5, 2, {0, 3, 1, 4, 2, 5}}, {6, 2, {3, 0, 4, 1, 5, 2}}, {7, 2, {5, 2, 4, 1, 3, 0}}, {8, 2, {2, 5, 1, 4, 0, 3}},
};

TEST(Orient, AllEight) {
  for (const Case& c : cases) {
    Image stored(3, 2, 1);
    stored.samples = {0, 1, 2, 3, 4, 5};
    const Image upright = oriented(stored, c.orientation);
    EXPECT_EQ(upright.width, c.width) << c.orientation;
    EXPECT_EQ(upright.width * upright.height, 6);
    EXPECT_EQ(upright.samples, c.upright) << c.orientation;
  }
}

TEST(Orient, EveryChannelAndOddSizes) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    // What undoes each of the eight: quarter turns undo each other, the rest undo themselves.
    constexpr std::array<int, 9> inverse{0, 1, 2, 3, 4, 5, 8, 7, 6};
    const Image stored = test::pattern(17, 5, 4, SampleType::u16);
    const Image turned = oriented(stored, orientation);
    test::expect_same_pixels(oriented(turned, inverse[static_cast<std::size_t>(orientation)]), stored);
  }
}

}  // namespace
}  // namespace dipper
