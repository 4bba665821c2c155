// SPDX-License-Identifier: Apache-2.0
#include "fit/damaged_again.hpp"
#include "fit/some_tiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

namespace dipper {
namespace {

/// A damage that halves all samples, an estimate that differs everywhere, and the tensors of a program that is not
/// there.
class DamagedAgains : public testing::Test {
 protected:
  DamagedAgains() {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      estimate.push_back(static_cast<float>(i) / static_cast<float>(shape.size()));
      damaged.push_back(0.4F + 0.2F * std::sin(0.1F * static_cast<float>(i)));
    }
    const Shape tile = Tiles::shape_for(shape);
    for (std::vector<float>* values : {&z, &y, &x}) values->assign(tile.size(), 0);
    weights.assign(tile.plane(), 0);
    again.estimate = estimate;
    again.damage = [this](const Image& picture, std::uint64_t draw) {
      draws.insert(draw);
      Image half = picture;
      for (float& sample : half.samples) sample *= 0.5F;
      return half;
    };
  }
  DamagedAgain make() { return {recipe, 7, again, damaged, shape, {z, y, weights, x}}; }
  // A network that adds a third of what it sees.
  Tiles::Draw adds_a_third() {
    return [this] { std::ranges::transform(z, x.begin(), [](float seen) { return 0.5F + seen / 3; }); };
  }
  std::vector<float> restored() {
    std::vector<float> to(shape.size());
    EXPECT_EQ(make().restore(adds_a_third(), views, Patience::endless(), to), 1);
    return to;
  }

  // Whose truth lies so far from the estimate to what the network makes of it.
  void trial(float share) {
    truth = estimate;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      truth[i] += share * (damaged[i] + (damaged[i] - 0.5F) / 3 - estimate[i]);
    }
    again.trial = {truth, damaged, estimate};
  }

  Recipe recipe;
  Tiles::Views views{0, 8};
  Shape shape{3, 70, 110};
  std::vector<float> estimate, damaged, truth, z, y, x, weights;
  std::set<std::uint64_t> draws;
  Again again;
};

TEST_F(DamagedAgains, TheNetworkIsToAddWhatTheDamageTook) {
  DamagedAgain fit = make();
  std::set<std::vector<float>> seen;
  for (int step = 0; step < 12; ++step) {
    fit.before(step);
    seen.insert(z);
    for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(y[i], z[i] + 1, 1e-5F);  // half of it is left
    EXPECT_EQ(std::count(weights.begin(), weights.end(), 1.0F), step % 2 == 0 ? 70 * 96 : 42 * 66);  // three fifths
    EXPECT_TRUE(std::ranges::all_of(z, [](float value) { return value >= -0.5F && value <= 0; }));
  }
  EXPECT_GT(seen.size(), 8U);
  EXPECT_EQ(draws.size(), 12U);
}

TEST_F(DamagedAgains, TilesMeetWithoutSeamsInEveryView) {
  trial(1);
  for (const int count : {1, 8}) {
    views.count = count;
    const std::vector<float> picture = restored();
    for (std::size_t i = 0; i < picture.size(); ++i) {
      EXPECT_NEAR(picture[i], damaged[i] + (damaged[i] - 0.5F) / 3, 1e-5F) << i;
    }
  }
}

TEST_F(DamagedAgains, TheEstimateHasItsShareAndTheObservationTheLastWord) {
  trial(0);
  EXPECT_EQ(restored(), estimate);
  again.trial = {};  // nobody knows
  EXPECT_NEAR(restored()[100], 0.5F * estimate[100] + 0.5F * (damaged[100] + (damaged[100] - 0.5F) / 3), 1e-5F);
  again.agree = [](const Image& picture) { return Image(picture.width, picture.height, picture.channels, 0.25F); };
  EXPECT_EQ(restored(), std::vector<float>(shape.size(), 0.25F));
}

TEST_F(DamagedAgains, ANetworkThatWentWrongLeavesTheEstimate) {
  trial(1);
  std::vector<float> to(shape.size());
  DamagedAgain fit = make();
  fit.restore([this] { std::ranges::fill(x, std::nanf("")); }, views, Patience::endless(), to);
  EXPECT_EQ(to, estimate);
  EXPECT_EQ(fit.share(), 0);
}

TEST_F(DamagedAgains, ASmallShareIsNone) {
  for (const float share : {0.1F, 0.2F}) {
    trial(share);
    std::vector<float> to(shape.size());
    DamagedAgain fit = make();
    EXPECT_EQ(fit.restore(adds_a_third(), views, Patience::endless(), to), 1);
    EXPECT_NEAR(fit.share(), share < 0.15F ? 0 : share, 1e-5);
  }
}

TEST_F(DamagedAgains, WithoutPatienceTheEstimateIsLeft) {
  trial(1);
  std::vector<float> to(shape.size());
  DamagedAgain fit = make();
  EXPECT_EQ(fit.restore(adds_a_third(), views, Patience::none(), to), 0);
  EXPECT_EQ(to, estimate);
  EXPECT_EQ(fit.share(), 0);
}

TEST_F(DamagedAgains, WithLittlePatienceThereAreFewerViews) {
  trial(1);
  std::vector<float> to(shape.size());
  SomeTiles some(4 * 3);  // 4 are a view; one view is the trial's
  EXPECT_NEAR(make().restore(adds_a_third(), views, some, to), 3.0 / 9, 1e-9);
  for (std::size_t i = 0; i < to.size(); ++i) EXPECT_NEAR(to[i], damaged[i] + (damaged[i] - 0.5F) / 3, 1e-5F) << i;
}

TEST_F(DamagedAgains, TheCostIsMeasured) {
  const auto slow = [] {
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(2)) {
    }
  };
  const Tiles::Cost cost = make().measure(slow);
  EXPECT_GE(cost.view, 0.002);
  EXPECT_GE(cost.other, 0.002);
}

}  // namespace
}  // namespace dipper
