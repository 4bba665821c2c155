// SPDX-License-Identifier: Apache-2.0
#include "api/saving.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

/// A small fit, and a clock that the test sets.
class Savings : public test::TemporaryFolder {
 protected:
  Savings() {
    recipe.iterations = 10;
    settings.checkpoint_every = 60;
  }

  [[nodiscard]] Saving saving() {
    return {settings, {"1", "inpaint", "ref", 0, recipe}, target, [this] { return now; }};
  }

  double now = 0;
  Settings settings;
  Recipe recipe = load_recipe("small");
  std::vector<float> values = std::vector<float>(16 * 16, 0.5F);
  std::vector<float> weights = std::vector<float>(16 * 16, 1.0F);
  Target target{.shape = {1, 16, 16}, .values = values, .weights = weights};
  std::unique_ptr<Backend> backend = make_ref_backend();
  Fit fit{target, recipe, *backend, 0};
};

TEST_F(Savings, WithoutAPlaceNothingIsEverDue) {
  Saving none = saving();
  none.begin();
  now = 1e9;
  EXPECT_FALSE(none.is_due());
  EXPECT_FALSE(none.is_due_at_end(true));
}

TEST_F(Savings, OneIsDueWhenItsTimeHasPassed) {
  settings.checkpoint = file("fit");
  Saving some = saving();
  now = 1000;
  some.begin();
  now += 59;
  EXPECT_FALSE(some.is_due());
  now += 1;
  EXPECT_TRUE(some.is_due());
  EXPECT_EQ(some.save(fit, nullptr, nullptr), "");
  EXPECT_EQ(some.saved_to(), file("fit"));
  EXPECT_FALSE(some.is_due());
}

TEST_F(Savings, AtTheEndItIsDueWhenAskedForOrWhenStopped) {
  settings.checkpoint = file("fit");
  settings.checkpoint_at_end = false;
  EXPECT_FALSE(saving().is_due_at_end(false));
  EXPECT_TRUE(saving().is_due_at_end(true));
  settings.checkpoint_at_end = true;
  EXPECT_TRUE(saving().is_due_at_end(false));
}

TEST_F(Savings, WhatCannotBeWrittenIsSaidAndTriedAgainLater) {
  settings.checkpoint = file("no such folder") / "fit";
  Saving some = saving();
  now = 100;
  EXPECT_EQ(some.save(fit, nullptr, nullptr).find("there is no checkpoint of iteration 0: "), 0U);
  EXPECT_TRUE(some.saved_to().empty());
  EXPECT_FALSE(some.is_due());
  now += 60;
  EXPECT_TRUE(some.is_due());
}

TEST_F(Savings, AFitGoesOnFromWhatWasSaved) {
  settings.checkpoint = file("fit");
  fit.step();
  fit.step();
  EXPECT_EQ(saving().save(fit, nullptr, nullptr), "");
  settings.resume = file("fit");
  Fit again(target, recipe, *backend, 0);
  EXPECT_EQ(saving().resume(again, nullptr, nullptr), "");
  EXPECT_EQ(again.iteration(), 2);
}

}  // namespace
}  // namespace dipper
