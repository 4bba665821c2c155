// SPDX-License-Identifier: Apache-2.0
#include "fit/spread.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

constexpr Shape shape{2, 1, 3};

TEST(Spreads, OfResultsThatAllCountAlikeAreTheirVariance) {
  Spread spread(shape, false);
  for (const float x : {1.0F, 2.0F, 4.0F, 5.0F}) spread.add(std::vector<float>{x, 7, 2 * x, 7, 7, 7});
  const std::vector<float> squares = spread.squares();
  EXPECT_NEAR(squares[0], 2.5 / 2, 1e-5);  // the second channel never changes
  EXPECT_NEAR(squares[1], 0, 1e-12);
  EXPECT_NEAR(squares[2], 10.0 / 2, 1e-5);
}

TEST(Spreads, LateResultsCountForMore) {
  Spread early(shape);
  Spread late(shape);
  for (int n = 0; n < 40; ++n) {
    const float x = n % 2 == 0 ? 1.0F : -1.0F;
    early.add(std::vector<float>(6, n < 20 ? x : 0));
    late.add(std::vector<float>(6, n < 20 ? 0 : x));
  }
  EXPECT_GT(late.squares()[0], 5 * early.squares()[0]);
}

TEST(Spreads, OfTwoResultsSayNothing) {
  Spread spread(shape);
  for (int n = 0; n < 2; ++n) {
    spread.add(std::vector<float>(6, 1.0F));
    EXPECT_FALSE(spread.says_something());
  }
  spread.add(std::vector<float>(6, 1.0F));
  EXPECT_TRUE(spread.says_something());
}

}  // namespace
}  // namespace dipper
