// SPDX-License-Identifier: Apache-2.0
#include "graph/arena.hpp"

#include <gtest/gtest.h>

#include "base/philox.hpp"

namespace dipper {
namespace {

bool overlap(std::size_t a, std::size_t a_bytes, std::size_t b, std::size_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

TEST(Arena, NoTwoPiecesThatLiveTogetherOverlap) {
  for (std::uint64_t round = 0; round < 200; ++round) {
    const Philox random{.seed = round, .stream = Stream::input};
    std::vector<Lifetime> lives;
    const int count = 1 + static_cast<int>(random.uniform(0, 0) * 60);
    for (int i = 0; i < count; ++i) {
      const auto number = [&](int which, int most) {
        return static_cast<int>(
            random.uniform(1, static_cast<std::uint64_t>(i) * 3 + static_cast<std::uint64_t>(which)) *
            static_cast<float>(most));
      };
      const int first = number(0, 40);
      lives.push_back({first, first + number(1, 15), static_cast<std::size_t>(1 + number(2, 5000))});
    }
    const ArenaPlan plan = plan_arena(lives);
    std::size_t total = 0;
    for (std::size_t i = 0; i < lives.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % 64, 0U);
      EXPECT_LE(plan.offsets[i] + lives[i].bytes, plan.bytes);
      total += (lives[i].bytes + 63) / 64 * 64;
      for (std::size_t j = 0; j < i; ++j) {
        if (lives[i].last < lives[j].first || lives[j].last < lives[i].first) continue;
        EXPECT_FALSE(overlap(plan.offsets[i], lives[i].bytes, plan.offsets[j], lives[j].bytes)) << i << " and " << j;
      }
    }
    EXPECT_LE(plan.bytes, total);
    EXPECT_GE(plan.bytes, plan.floor);
  }
}

TEST(Arena, ReusesMemoryThatIsFreeAgain) {
  const ArenaPlan plan = plan_arena({{0, 1, 640}, {2, 3, 640}, {1, 2, 64}});
  EXPECT_EQ(plan.bytes, 640U + 64U);
  EXPECT_EQ(plan.floor, 640U + 64U);
}

TEST(Arena, OfNothingIsEmpty) {
  const ArenaPlan plan = plan_arena({});
  EXPECT_EQ(plan.bytes, 0U);
  EXPECT_TRUE(plan.offsets.empty());
}

}  // namespace
}  // namespace dipper
