// SPDX-License-Identifier: Apache-2.0
#include "api/judging.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace dipper {
namespace {

/// The mean of three pixels of a row, whatever their unit.
Image smooth(const Observation& observation, int /*threads*/) {
  Image image = observation.damaged;
  for (std::size_t i = 1; i + 1 < image.samples.size(); ++i) {
    const float* around = observation.damaged.samples.data() + i - 1;
    image.samples[i] = (around[0] + around[1] + around[2]) / 3;
  }
  return image;
}

/// Every other pixel of a soft wave is known.
class Judging : public testing::Test {
 protected:
  Judging() {
    for (std::size_t i = 0; i < picture.samples.size(); ++i) {
      picture.samples[i] = 0.5F + 0.4F * std::sin(0.2F * static_cast<float>(i % 64));
    }
    observation.damaged = picture;
    observation.keeps_known = true;
    observation.weights.resize(picture.plane_size());
    for (std::size_t i = 0; i < picture.plane_size(); ++i) observation.weights[i] = (i + i / 64) % 2 == 0 ? 1.0F : 0.0F;
    recipe.hold_out_share = 0.1;
    weights = observation.weights;
  }

  [[nodiscard]] std::optional<Judge> judge() {
    return make_judge(observation, recipe, range, settings, picture.samples, weights);
  }

  [[nodiscard]] std::ptrdiff_t taken() const {
    return std::ranges::count(observation.weights, 1.0F) - std::ranges::count(weights, 1.0F);
  }

  Image picture{64, 48, 1};
  Observation observation;
  Recipe recipe;
  Range range;
  Settings settings;
  std::vector<float> weights;
};

TEST_F(Judging, TakesItsPixelsFromTheFit) {
  ASSERT_TRUE(judge());
  EXPECT_NEAR(static_cast<double>(taken()), 0.1 * 64 * 48 / 2, 30);
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_LE(weights[i], observation.weights[i]);
}

TEST_F(Judging, NobodyJudgesWhereTheRecipeWantsNone) {
  recipe.hold_out_share = 0;
  EXPECT_FALSE(judge());
  EXPECT_EQ(taken(), 0);
}

TEST_F(Judging, NobodyJudgesThroughAnOperator) {
  observation.observed_by = LinearOperator{};
  EXPECT_FALSE(judge());
  EXPECT_EQ(taken(), 0);
}

TEST_F(Judging, NobodyJudgesByAHandfulOfPixels) {
  recipe.hold_out_share = 0.001;
  EXPECT_FALSE(judge());
  EXPECT_EQ(taken(), 0);
}

// What the fit made is nothing like the picture, so all of the result is the classical one.
TEST_F(Judging, TheClassicalMethodMayBeAllOfTheResult) {
  observation.classic = &find_method(find_task("inpaint"), "linear");
  std::optional<Judge> found = judge();
  ASSERT_TRUE(found);
  std::vector<float> result(picture.samples.size(), 0.0F);
  found->look(1, result);
  found->result(result);
  const Image linear = observation.classic->restore(observation, 1);
  EXPECT_EQ(found->share(), 0);
  for (std::size_t i = 0; i < result.size(); ++i) EXPECT_FLOAT_EQ(result[i], linear.samples[i]);
}

// The noise that a method's result still has is in the units of the picture; the judge's are those of [0, 1].
TEST_F(Judging, TheUnitOfAFloatPicturesDoesNotMatter) {
  observation.keeps_known = false;
  const TaskMethod method{"smooth", "", smooth};
  observation.classic = &method;
  std::ranges::fill(observation.weights, 1.0F);
  const auto share_for = [this](float unit) {
    range = {0, unit};
    for (std::size_t i = 0; i < picture.samples.size(); ++i) {
      observation.damaged.samples[i] =
          unit * (picture.samples[i] + 0.1F * static_cast<float>(i * 7919 % 13) / 6 - 0.1F);
    }
    observation.noise = 0.1 * unit;
    weights = observation.weights;
    const std::vector<float> noisy = colours_of(observation.damaged, range);
    std::optional<Judge> found = make_judge(observation, recipe, range, settings, noisy, weights);
    found->look(1, picture.samples);
    return found->share();
  };
  const double share = share_for(1);
  EXPECT_GT(share, 0);
  EXPECT_NEAR(share_for(4), share, 1e-3);
}

}  // namespace
}  // namespace dipper
