// SPDX-License-Identifier: Apache-2.0
#include "base/evenly.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

std::vector<int> kept_of(int count, std::size_t most) {
  Evenly<int> evenly(most);
  for (int n = 0; n < count; ++n) evenly.add([n] { return n; });
  return evenly.kept();
}

TEST(Evenly, KeepsAllOfFew) {
  EXPECT_EQ(kept_of(4, 4), (std::vector<int>{0, 1, 2, 3}));
}

TEST(Evenly, KeepsEverySecondOfMore) {
  EXPECT_EQ(kept_of(5, 4), (std::vector<int>{0, 2, 4}));
  EXPECT_EQ(kept_of(9, 4), (std::vector<int>{0, 4, 8}));
}

TEST(Evenly, HoldsForVeryMany) {
  const std::vector<int> kept = kept_of(1'000'000, 10);
  ASSERT_GE(kept.size(), 5);
  ASSERT_LE(kept.size(), 10);
  for (std::size_t n = 0; n < kept.size(); ++n) EXPECT_EQ(kept[n], static_cast<int>(n) * kept[1]);
}

TEST(Evenly, MakesNothingThatItDoesNotKeep) {
  Evenly<int> evenly(2);
  int made = 0;
  for (int n = 0; n < 100; ++n) evenly.add([&made] { return ++made; });
  EXPECT_LT(made, 20);
}

}  // namespace
}  // namespace dipper
