// SPDX-License-Identifier: Apache-2.0
#include "fit/rollback.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "kernels/far_backend.hpp"

namespace dipper {
namespace {

class Rollbacks : public testing::Test {
 protected:
  Rollbacks() {
    recipe.rollback_every = 10;
    recipe.rollback_drop = 5;
  }
  bool check(Rollback& rollback, int iteration, float loss) {
    Buffer first(*backend, weights.data(), weights.size());
    Buffer second(*backend, means.data(), means.size());
    Buffer none;
    const std::array<StatePart, 3> state{{{"weights", &first}, {"means", &second}, {"average", &none}}};
    return rollback.check(iteration, loss, state);
  }

  Recipe recipe;
  std::unique_ptr<Backend> backend = make_cpu_backend(1);
  std::vector<float> weights{1, 2};
  std::vector<float> means{3};
};

TEST_F(Rollbacks, ACollapseBringsBackTheLastGoodState) {
  Rollback rollback(recipe, *backend);
  EXPECT_FALSE(check(rollback, 10, 0.1F));
  weights = {7, 8};
  means = {9};
  EXPECT_FALSE(check(rollback, 15, 100.0F));  // nobody looks
  EXPECT_FALSE(check(rollback, 20, 0.31F));   // worse by 4.9 dB: kept as good
  weights = {-1, -1};
  means = {-1};
  EXPECT_TRUE(check(rollback, 30, 1.0F));  // by 5.1 dB more
  EXPECT_EQ(weights, (std::vector<float>{7, 8}));
  EXPECT_EQ(means, std::vector<float>{9});
}

TEST_F(Rollbacks, ALossThatIsNoNumberIsACollapse) {
  Rollback rollback(recipe, *backend);
  EXPECT_FALSE(check(rollback, 10, NAN));  // there is nothing to go back to
  EXPECT_FALSE(check(rollback, 20, 0.1F));
  EXPECT_TRUE(check(rollback, 30, NAN));
  EXPECT_TRUE(check(rollback, 33, NAN));  // looked for in every step
  EXPECT_FALSE(check(rollback, 34, 100.0F));
}

TEST_F(Rollbacks, LookInEveryStepWhereThatCostsNothing) {
  test::FarBackend far;
  EXPECT_TRUE(Rollback(recipe, *backend).looks(7));
  EXPECT_FALSE(Rollback(recipe, far).looks(7));
  EXPECT_TRUE(Rollback(recipe, far).looks(20));
  recipe.rollback_every = 0;
  EXPECT_FALSE(Rollback(recipe, *backend).looks(20));
}

TEST_F(Rollbacks, NeverHappenWhenNobodyAsks) {
  recipe.rollback_every = 0;
  Rollback rollback(recipe, *backend);
  EXPECT_FALSE(check(rollback, 10, 0.1F));
  EXPECT_FALSE(check(rollback, 20, 1e9F));
}

}  // namespace
}  // namespace dipper
