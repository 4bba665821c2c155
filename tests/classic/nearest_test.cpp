// SPDX-License-Identifier: Apache-2.0
#include "classic/nearest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/philox.hpp"

namespace dipper {
namespace {

TEST(NearestMarked, HasTheLeastDistanceOfAll) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Philox random{seed, Stream::drop};
    const int width = 1 + static_cast<int>(seed % 23);
    const int height = 1 + static_cast<int>(seed % 17);
    const float share = seed % 2 == 0 ? 0.02F : 0.3F;
    std::vector<std::uint8_t> marked(static_cast<std::size_t>(width * height));
    for (std::size_t i = 0; i < marked.size(); ++i) marked[i] = random.uniform(0, i) < share ? 1 : 0;
    const std::vector<int> nearest = nearest_marked(marked, width, height);
    for (int i = 0; i < width * height; ++i) {
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (int j = 0; j < width * height; ++j) {
        if (marked[static_cast<std::size_t>(j)] != 0) least = std::min(least, squared_distance(i, j, width));
      }
      const int found = nearest[static_cast<std::size_t>(i)];
      if (least == std::numeric_limits<std::int64_t>::max()) {
        EXPECT_EQ(found, -1);
        continue;
      }
      ASSERT_GE(found, 0);
      EXPECT_NE(marked[static_cast<std::size_t>(found)], 0);
      EXPECT_EQ(squared_distance(i, found, width), least) << width << " x " << height << ", pixel " << i;
    }
  }
}

TEST(NearestMarked, OneMarkIsNearestToAll) {
  std::vector<std::uint8_t> marked(300 * 200);
  marked[12345] = 1;
  EXPECT_EQ(nearest_marked(marked, 300, 200), std::vector<int>(marked.size(), 12345));
}

TEST(NearestMarked, AMarkedPixelIsItsOwn) {
  const std::vector<std::uint8_t> marked(60, 1);
  const std::vector<int> nearest = nearest_marked(marked, 12, 5);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(nearest[static_cast<std::size_t>(i)], i);
}

TEST(SquaredDistance, CountsRowsAndColumns) {
  EXPECT_EQ(squared_distance(0, 2 + 3 * 10, 10), 13);
  EXPECT_EQ(squared_distance(2 + 3 * 10, 0, 10), 13);
  EXPECT_EQ(squared_distance(9, 10, 10), 82);
}

}  // namespace
}  // namespace dipper
