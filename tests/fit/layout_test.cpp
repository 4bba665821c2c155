// SPDX-License-Identifier: Apache-2.0
#include "fit/layout.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

TEST(Layout, CentresThePictureOnACanvasThatTheNetworkCanHave) {
  const Recipe recipe = load_recipe("small");  // multiples of 32
  const Layout layout({3, 33, 64}, 0, recipe);
  EXPECT_EQ(layout.canvas, (Shape{3, 64, 64}));
  EXPECT_EQ(layout.top, 15);
  EXPECT_EQ(layout.left, 0);
  const Layout wide({3, 33, 64}, 1, recipe);
  EXPECT_EQ(wide.canvas, (Shape{3, 64, 96}));
  EXPECT_GE(wide.left, 1);
}

TEST(Layout, MirrorsWhatLiesOutside) {
  const Layout layout({1, 31, 30}, 0, load_recipe("small"));
  int inside_count = 0;
  layout.for_each_pixel([&](std::size_t to, std::size_t from, bool inside) {
    const int row = static_cast<int>(to) / 32 - layout.top;
    const int column = static_cast<int>(to) % 32 - layout.left;
    inside_count += inside ? 1 : 0;
    EXPECT_EQ(inside, row >= 0 && row < 31 && column >= 0 && column < 30);
    if (column == -1) {
      EXPECT_EQ(from % 30, 1U);
    }
    if (column == 30) {
      EXPECT_EQ(from % 30, 28U);
    }
  });
  EXPECT_EQ(inside_count, 31 * 30);
}

}  // namespace
}  // namespace dipper
