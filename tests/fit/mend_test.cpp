// SPDX-License-Identifier: Apache-2.0
// Faults put into a fit's state, and how it goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fit/checkpoint.hpp"
#include "fit/fit.hpp"
#include "kernels/far_backend.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

/// Reads the weights, or changes them.
class Weights final : public StateVisitor {
 public:
  explicit Weights(std::function<float(float)> change = {}) : change_(std::move(change)) {}

  void integer(const std::string& /*name*/, int& /*value*/) override {}
  void number(const std::string& /*name*/, double& /*value*/) override {}
  void tensor(const std::string& name, const std::vector<std::size_t>& /*shape*/, std::span<float> values) override {
    if (!name.starts_with("weights/")) return;
    all.insert(all.end(), values.begin(), values.end());
    if (change_) std::ranges::transform(values, values.begin(), change_);
  }

  std::vector<float> all;

 private:
  std::function<float(float)> change_;
};

std::vector<float> weights_of(Fit& fit) {
  Weights weights;
  fit.visit(weights);
  return weights.all;
}

void spoil(Fit& fit, std::function<float(float)> change) {
  Weights weights(std::move(change));
  fit.visit(weights);
}

const auto to_nan = [](float /*weight*/) { return std::nanf(""); };
const auto to_infinity = [](float /*weight*/) { return std::numeric_limits<float>::infinity(); };
const auto to_zero = [](float /*weight*/) { return 0.0F; };

/// A picture of soft waves, and a small network that draws it.
class Mending : public test::TemporaryFolder {
 protected:
  Mending() : values_(shape.size()), weights_(shape.plane(), 1.0F) {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = 0.5F + 0.4F * std::sin(0.1F * static_cast<float>(i));
    recipe_ = load_recipe("small");
    set_value(recipe_, "skip.down", "8,8");
    set_value(recipe_, "skip.up", "8");
    recipe_.input_noise = "none";
    recipe_.rollback_every = 5;
    recipe_.rollback_drop = 0;
    recipe_.schedule_warmup = 0;
    recipe_.schedule_cosine = 0;
  }

  [[nodiscard]] Target target() const { return {shape, values_, weights_}; }

  // Returns the last mishap.
  static std::optional<Mishap> steps(Fit& fit, int count) {
    std::optional<Mishap> last;
    for (int i = 0; i < count; ++i) {
      fit.step();
      if (const auto mishap = fit.mend()) last = mishap;
    }
    return last;
  }

  // After a fault in the seventh iteration all is as it was in the fifth.
  void expect_mended(Backend& backend, const std::function<float(float)>& change) {
    Fit fit(target(), recipe_, backend, 0);
    EXPECT_FALSE(steps(fit, 4));
    const std::vector<float> good = weights_of(fit);  // what the fifth saw
    EXPECT_FALSE(steps(fit, 2));
    EXPECT_NE(weights_of(fit), good);
    const double loss = fit.loss();
    spoil(fit, change);
    EXPECT_EQ(steps(fit, 1), Mishap::not_finite);
    EXPECT_EQ(weights_of(fit), good);
    EXPECT_EQ(fit.good_iteration(), 5);
    EXPECT_EQ(fit.iteration(), 7);
    EXPECT_EQ(fit.rollbacks(), 1);
    EXPECT_TRUE(std::isfinite(fit.loss()));
    EXPECT_FALSE(steps(fit, 40));
    EXPECT_LT(fit.loss(), loss);
    EXPECT_FALSE(fit.lost());
  }

  static constexpr Shape shape{1, 24, 32};
  std::vector<float> values_;
  std::vector<float> weights_;
  Recipe recipe_;
};

TEST_F(Mending, BringsBackWhatWasBeforeTheLossWasNoNumber) {
  expect_mended(*make_cpu_backend(2), to_nan);
}

TEST_F(Mending, BringsBackWhatWasBeforeTheLossWasInfinite) {
  expect_mended(*make_cpu_backend(2), to_infinity);
}

TEST_F(Mending, FarAwayToo) {
  test::FarBackend far;
  expect_mended(far, to_nan);
}

// Nobody waits there after each step.
TEST_F(Mending, FarAwayAFaultMayBeFoundLater) {
  test::FarBackend far;
  Fit fit(target(), recipe_, far, 0);
  for (int i = 0; i < 6; ++i) fit.step();
  EXPECT_FALSE(fit.mend());
  spoil(fit, to_nan);
  for (int i = 0; i < 3; ++i) fit.step();
  EXPECT_EQ(fit.mend(), Mishap::not_finite);
  EXPECT_TRUE(std::isfinite(fit.loss()));
  EXPECT_FALSE(steps(fit, 20));
}

/// How much was told of each pixel to a fit in parts.
class Told final : public StateVisitor {
 public:
  void integer(const std::string& /*name*/, int& /*value*/) override {}
  void number(const std::string& /*name*/, double& /*value*/) override {}
  void tensor(const std::string& name, const std::vector<std::size_t>& /*shape*/, std::span<float> values) override {
    if (name == "told/weight") weights.assign(values.begin(), values.end());
  }
  std::vector<float> weights;
};

std::vector<float> told(Fit& fit) {
  Told told;
  fit.visit(told);
  return told.weights;
}

TEST_F(Mending, WhatAFitInPartsWasToldSinceIsForgotten) {
  recipe_ = load_recipe("inpaint-fast");
  set_value(recipe_, "skip.down", "8,8");
  set_value(recipe_, "skip.up", "8");
  recipe_.input_whole = 1e-4;
  recipe_.rollback_every = 5;
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  EXPECT_FALSE(steps(fit, 4));
  const std::vector<float> good = told(fit);  // as the fifth found it
  EXPECT_FALSE(steps(fit, 2));
  EXPECT_NE(told(fit), good);
  spoil(fit, to_nan);
  EXPECT_EQ(steps(fit, 1), Mishap::not_finite);
  const std::vector<float> mended = told(fit);
  int more = 0;
  for (int i = 0; i < shape.height; ++i) {
    for (int j = 0; j < shape.width; ++j) {
      const std::size_t at = static_cast<std::size_t>(i) * shape.width + j;
      if (mended[at] == good[at]) continue;
      const auto edge = static_cast<float>(std::min(i + 1, shape.height - i) * std::min(j + 1, shape.width - j));
      EXPECT_NEAR(mended[at] - good[at], 7 * 7 * 7 * 7 * edge / 32 / 32, 0.01) << at;  // by the seventh alone
      ++more;
    }
  }
  EXPECT_GT(more, shape.height * shape.width / 8);
  EXPECT_FALSE(steps(fit, 20));
}

TEST_F(Mending, ANetworkThatDrawsOneValueGoesBackAtTheNextLook) {
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  EXPECT_FALSE(steps(fit, 6));
  spoil(fit, to_zero);
  EXPECT_FALSE(steps(fit, 3));
  EXPECT_EQ(steps(fit, 1), Mishap::constant);
  EXPECT_EQ(fit.good_iteration(), 5);
  std::vector<float> drawn(shape.size());
  fit.output(drawn);
  const auto [least, most] = std::ranges::minmax(drawn);
  EXPECT_GT(most - least, 0.1F);
  EXPECT_FALSE(steps(fit, 20));
}

TEST_F(Mending, APictureOfOneValueMayBeDrawn) {
  std::ranges::fill(values_, 0.25F);
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  spoil(fit, to_zero);
  EXPECT_FALSE(steps(fit, 20));
}

// Where nearly all is of one value, that value is a stage on the way.
TEST_F(Mending, APictureOfNearlyOneValueMayBeginAsOne) {
  std::ranges::fill(values_, 0.0F);
  values_[100] = 1;
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  spoil(fit, to_zero);
  EXPECT_FALSE(steps(fit, 20));
}

// A network that adds to a base or to a tile may add nothing.
TEST_F(Mending, WhatIsAddedMayBeOneValue) {
  recipe_.input_kind = "observed";
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  spoil(fit, to_zero);
  EXPECT_FALSE(steps(fit, 10));
}

// Adam's step t is rate * m / (1 - b1^t) / sqrt(v / (1 - b2^t)), and m and v are those of one gradient g after the
// state of the first iteration, where they were 0, came back: m = (1 - b1) g, v = (1 - b2) g^2.
TEST_F(Mending, GoesOnAtHalfTheRate) {
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  EXPECT_FALSE(steps(fit, 1));
  for (int tries = 1; tries <= Rollback::most_tries; ++tries) {
    spoil(fit, to_nan);
    EXPECT_EQ(steps(fit, 1), Mishap::not_finite);
    const std::vector<float> before = weights_of(fit);
    fit.step();
    const std::vector<float> after = weights_of(fit);
    const double t = fit.iteration();
    const double b1 = recipe_.adam_beta1;
    const double b2 = recipe_.adam_beta2;
    const double expected = recipe_.adam_rate * std::ldexp(1, -tries) * (1 - b1) / (1 - std::pow(b1, t)) *
                            std::sqrt((1 - std::pow(b2, t)) / (1 - b2));
    double longest = 0;
    for (std::size_t i = 0; i < after.size(); ++i) longest = std::max(longest, std::abs(double{after[i]} - before[i]));
    EXPECT_NEAR(longest / expected, 1, 1e-3) << tries;
  }
}

TEST_F(Mending, IsGivenUpAfterThreeTries) {
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  EXPECT_FALSE(steps(fit, 5));
  for (int tries = 1; tries <= Rollback::most_tries + 1; ++tries) {
    EXPECT_FALSE(fit.lost());
    spoil(fit, to_nan);
    EXPECT_EQ(steps(fit, 1), Mishap::not_finite);
  }
  EXPECT_TRUE(fit.lost());
  std::vector<float> drawn(shape.size());
  fit.output(drawn);  // of the last good state
  EXPECT_TRUE(std::ranges::all_of(drawn, [](float value) { return std::isfinite(value); }));
}

// Another fit that is given its state goes on with the same bits, at the same rate.
TEST_F(Mending, IsRememberedInACheckpoint) {
  const auto backend = make_cpu_backend(2);
  Fit fit(target(), recipe_, *backend, 0);
  EXPECT_FALSE(steps(fit, 6));
  for (int tries = 1; tries <= Rollback::most_tries; ++tries) {
    spoil(fit, to_nan);
    EXPECT_EQ(steps(fit, 1), Mishap::not_finite);
  }
  Checkpoints checkpoints({"1", "denoise", "cpu", 0, recipe_}, target());
  checkpoints.save(file("fit.checkpoint"), fit);
  Fit again(target(), recipe_, *backend, 0);
  EXPECT_EQ(checkpoints.resume(file("fit.checkpoint"), again), "");
  EXPECT_FALSE(steps(fit, 4));
  EXPECT_FALSE(steps(again, 4));
  EXPECT_EQ(weights_of(again), weights_of(fit));
  EXPECT_EQ(again.good_iteration(), fit.good_iteration());
  spoil(again, to_nan);
  EXPECT_TRUE(steps(again, 1));
  EXPECT_TRUE(again.lost());
}

}  // namespace
}  // namespace dipper
