// SPDX-License-Identifier: Apache-2.0
#include "fit/rollback.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "kernels/backend.hpp"

namespace dipper {
namespace {

class Rollbacks : public testing::Test {
 protected:
  Rollbacks() {
    recipe.rollback_every = 10;
    recipe.rollback_drop = 5;
  }
  bool check(Rollback& rollback, int iteration, float loss, bool constant = false) {
    return rollback.check({iteration, loss, constant}, state);
  }
  void now(float value) {
    weights = {value, value + 1};
    means = {value + 2};
  }
  void expect(float value) const {
    EXPECT_EQ(weights, (std::vector<float>{value, value + 1}));
    EXPECT_EQ(means, std::vector<float>{value + 2});
  }

  Recipe recipe;
  std::unique_ptr<Backend> backend = make_cpu_backend(1);
  std::vector<float> weights{1, 2};
  std::vector<float> means{3};
  Buffer first{*backend, weights.data(), weights.size()};
  Buffer second{*backend, means.data(), means.size()};
  Buffer none;
  std::array<StatePart, 3> state{{{"weights", &first}, {"means", &second}, {"average", &none}}};
};

TEST_F(Rollbacks, ALossThatIsMuchWorseBringsBackTheLastGoodState) {
  Rollback rollback(recipe, *backend);
  EXPECT_FALSE(check(rollback, 10, 0.1F));
  now(7);
  EXPECT_FALSE(check(rollback, 20, 0.31F));  // worse by 4.9 dB: kept as good
  now(-1);
  EXPECT_TRUE(check(rollback, 30, 1.0F));  // by 5.1 dB more
  expect(7);
  EXPECT_FALSE(rollback.take_mishap());  // and no fault of the rate
  EXPECT_EQ(rollback.rate(), 1);
  EXPECT_EQ(rollback.good_iteration(), 20);
}

TEST_F(Rollbacks, WithoutALimitALossMayBeAsBadAsItLikes) {
  recipe.rollback_drop = 0;
  Rollback rollback(recipe, *backend);
  EXPECT_FALSE(check(rollback, 10, 0.1F));
  EXPECT_FALSE(check(rollback, 20, 1e9F));
}

TEST_F(Rollbacks, AfterAMishapTheRateIsHalf) {
  Rollback rollback(recipe, *backend);
  EXPECT_FALSE(check(rollback, 1, 0.1F));
  now(-1);
  EXPECT_TRUE(check(rollback, 10, NAN));
  expect(1);
  EXPECT_EQ(rollback.take_mishap(), Mishap::not_finite);
  EXPECT_FALSE(rollback.take_mishap());  // it was told
  EXPECT_EQ(rollback.rate(), 0.5);
  now(5);
  EXPECT_TRUE(check(rollback, 20, 0.1F, true));
  expect(1);
  EXPECT_EQ(rollback.take_mishap(), Mishap::constant);
  EXPECT_EQ(rollback.rate(), 0.25);
  now(6);
  rollback.take_back(Mishap::not_finite, state);  // between two looks
  expect(1);
  EXPECT_EQ(rollback.rate(), 0.125);
  EXPECT_FALSE(rollback.lost());
}

TEST_F(Rollbacks, ThreeTriesAreAll) {
  Rollback rollback(recipe, *backend);
  EXPECT_FALSE(check(rollback, 1, 0.1F));
  for (int i = 0; i < Rollback::most_tries; ++i) {
    EXPECT_TRUE(check(rollback, 10, INFINITY));
    EXPECT_FALSE(rollback.lost());
  }
  now(-1);
  EXPECT_TRUE(check(rollback, 10, INFINITY));
  EXPECT_TRUE(rollback.lost());
  expect(1);  // the good state is back all the same
}

TEST_F(Rollbacks, WithoutAGoodStateAMishapIsTheEnd) {
  Rollback rollback(recipe, *backend);
  now(4);
  EXPECT_FALSE(check(rollback, 1, NAN));
  EXPECT_TRUE(rollback.lost());
  EXPECT_EQ(rollback.good_iteration(), 0);
  expect(4);
}

TEST_F(Rollbacks, LookAtTheFirstIterationAndEverySoMany) {
  const Rollback rollback(recipe, *backend);
  for (const int iteration : {1, 10, 20}) EXPECT_TRUE(rollback.looks(iteration)) << iteration;
  for (const int iteration : {2, 9, 11}) EXPECT_FALSE(rollback.looks(iteration)) << iteration;
}

}  // namespace
}  // namespace dipper
