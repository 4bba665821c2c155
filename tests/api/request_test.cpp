// SPDX-License-Identifier: Apache-2.0
#include "api/request.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

Observation observation_of(int size) {
  return all_known(Image(size, size, 1, 0.5F));
}

TEST(Requests, WithoutAMethodAreFits) {
  EXPECT_EQ(method_of(Request{}, find_task("inpaint")), nullptr);
}

TEST(Requests, WhatOnlyAFitHeedsIsRefusedBesideAMethod) {
  const Task& task = find_task("inpaint");
  Request request;
  request.method = "cubic";
  EXPECT_STREQ(method_of(request, task)->name, "cubic");
  request.settings.threads = 1;
  request.settings.seed = 3;
  EXPECT_NO_THROW(static_cast<void>(method_of(request, task)));
  request.settings.quality = "best";
  EXPECT_THROW(static_cast<void>(method_of(request, task)), Error);
  request.settings.quality = "balanced";
  request.settings.time = 3;
  EXPECT_THROW(static_cast<void>(method_of(request, task)), Error);
}

TEST(Requests, TheDamageMayNameItsRecipes) {
  const Task& task = find_task("inpaint");
  Observation observation = observation_of(8);
  Settings settings;
  EXPECT_EQ(recipe_for(settings, task, observation).name, task.recipes.balanced);
  constexpr Recipes others{"small", "seed-deconv", "paper-flash"};
  observation.recipes = &others;
  EXPECT_EQ(recipe_for(settings, task, observation).name, "seed-deconv");
  settings.quality = "best";
  EXPECT_EQ(recipe_for(settings, task, observation).name, "paper-flash");
  settings.recipe = "quick";
  EXPECT_THROW(static_cast<void>(recipe_for(settings, task, observation)), Error);  // which of the two?
  settings.quality = "balanced";
  EXPECT_EQ(recipe_for(settings, task, observation).name, "quick");
}

TEST(Requests, LargePicturesGetFewerIterationsUnlessToldOtherwise) {
  Settings settings;
  settings.set = {{"iterations", "400"}, {"work", "1"}};
  const auto iterations = [&](int size) {
    return recipe_for(settings, find_task("denoise"), observation_of(size)).iterations;
  };
  EXPECT_EQ(iterations(50), 400);
  EXPECT_EQ(iterations(64), 244);
  EXPECT_EQ(iterations(300), 100);
  settings.iterations = 7;
  EXPECT_EQ(iterations(300), 7);
}

TEST(Requests, TimesAreNotNegative) {
  Settings settings;
  EXPECT_NO_THROW(check_times_and_places(settings));
  settings.time = -1;
  EXPECT_THROW(check_times_and_places(settings), Error);
  settings.time = 0;
  settings.checkpoint_every = -1;
  EXPECT_THROW(check_times_and_places(settings), Error);
}

}  // namespace
}  // namespace dipper
