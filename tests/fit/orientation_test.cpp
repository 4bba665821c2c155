// SPDX-License-Identifier: Apache-2.0
#include "fit/orientation.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace dipper {
namespace {

TEST(Orientation, LaysEveryPixelOnceInEightWays) {
  std::set<std::vector<std::size_t>> ways;
  for (int number = 0; number < 8; ++number) {
    const Orientation laid{number, 3, 5};
    EXPECT_EQ(laid.rows() * laid.columns(), 15);
    std::vector<std::size_t> order;
    for (int i = 0; i < laid.rows(); ++i) {
      for (int j = 0; j < laid.columns(); ++j) order.push_back(laid.index(i, j));
    }
    EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 15U) << number;
    EXPECT_EQ(laid.index(-1, 0), laid.index(1, 0)) << number;
    ways.insert(order);
  }
  EXPECT_EQ(ways.size(), 8U);
}

}  // namespace
}  // namespace dipper
