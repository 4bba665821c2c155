// SPDX-License-Identifier: Apache-2.0
#include "fit/hiding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/philox.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

constexpr Shape canvas{3, 24, 32};

/// A picture of random colours of which every third pixel is unknown.
class Hidings : public testing::Test {
 protected:
  void SetUp() override {
    recipe.input_kind = "observed";
    recipe.input_hide = 0.25;
    const Philox random{3, Stream::noise};
    for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = random.uniform(0, i);
    for (std::size_t i = 0; i < known.size(); i += 3) known[i] = 0;
  }

  Hiding make() {
    std::ranges::copy(picture, y.all().begin());
    std::ranges::copy(known, weights.all().begin());
    for (const std::size_t i : held_out) weights.all()[i] = 0;
    return {recipe, 7, *backend, canvas, {0, 0, canvas.height, canvas.width}, {z, y, weights}, held_out};
  }

  [[nodiscard]] std::vector<float> input() const { return {z.all().begin(), z.all().end()}; }
  // What the network sees in a step when the picture is as it now is.
  std::vector<float> input_of(int step) {
    make().before(step);
    return input();
  }

  Recipe recipe;
  std::unique_ptr<Backend> backend = make_cpu_backend(1);
  std::vector<float> picture = std::vector<float>(canvas.size());
  std::vector<float> known = std::vector<float>(canvas.plane(), 1.0F);
  std::vector<std::size_t> held_out;
  Buffer z = Buffer(*backend, 7 * canvas.plane());
  Buffer y = Buffer(*backend, canvas.size());
  Buffer weights = Buffer(*backend, canvas.plane());
};

TEST_F(Hidings, AShareOfTheKnownPixelsIsHiddenAndAloneCounts) {
  known[1] = 0.5F;
  Hiding hiding = make();
  int hidden = 0;
  for (int step = 0; step < 40; ++step) {
    hiding.before(step);
    for (std::size_t i = 0; i < known.size(); ++i) {
      EXPECT_EQ(weights.all()[i], known[i] > 0 && !hiding.shows(i) ? known[i] : 0) << i;
      if (known[i] > 0 && !hiding.shows(i)) ++hidden;
    }
  }
  const double known_pixels = 40 * 512;
  EXPECT_NEAR(hidden / known_pixels, 0.25, 0.01);
}

TEST_F(Hidings, PixelsHeldOutAreShownLikeOthersButNeverCount) {
  held_out = {1, 32 * 7 + 3, canvas.plane() - 1};
  for (const std::size_t i : held_out) ASSERT_NE(i % 3, 0);
  Hiding hiding = make();
  std::size_t shown = 0;
  for (int step = 0; step < 100; ++step) {
    hiding.before(step);
    for (const std::size_t i : held_out) {
      EXPECT_EQ(weights.all()[i], 0);
      EXPECT_FALSE(step == 0 && hiding.shows(i));
      shown += hiding.shows(i) ? 1 : 0;
    }
  }
  EXPECT_NEAR(static_cast<double>(shown) / 300, 0.75, 0.1);
}

/// They leave the shapes of what is missing as they are: these are single pixels, and stay so.
TEST_F(Hidings, PixelsHeldOutAreNotMissing) {
  std::ranges::fill(known, 1.0F);
  for (std::size_t i = 40; i < 60; ++i) held_out.push_back(i);
  Hiding hiding = make();
  double hidden = 0;
  double beside_another = 0;
  for (int step = 1; step < 10; ++step) {
    hiding.before(step);
    for (std::size_t i = 0; i + 1 < known.size(); ++i) {
      if (hiding.shows(i)) continue;
      ++hidden;
      beside_another += hiding.shows(i + 1) ? 0 : 1;
    }
  }
  EXPECT_NEAR(beside_another / hidden, 0.25, 0.05);
}

TEST_F(Hidings, EachStepHidesOthersAndAStepDependsOnNoneBefore) {
  const std::vector<float> first = input_of(0);
  const std::vector<float> second = input_of(1);
  EXPECT_NE(first, second);
  Hiding hiding = make();
  hiding.before(0);
  hiding.before(1);
  EXPECT_EQ(input(), second);
}

TEST_F(Hidings, WhatLiesBehindItsOwnChannelsStays) {
  const std::vector<float> alone = input_of(0);
  z = Buffer(*backend, 8 * canvas.plane());
  std::ranges::fill(z.host(), 0.25F);
  make().before(0);
  EXPECT_TRUE(std::ranges::equal(z.host().first(alone.size()), alone));
  EXPECT_TRUE(std::ranges::all_of(z.host().last(canvas.plane()), [](float value) { return value == 0.25F; }));
}

TEST_F(Hidings, TheTargetIsWhatTheFillingLacks) {
  Hiding hiding = make();
  for (const int step : {0, 1}) {
    hiding.before(step);
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y.all()[i] + hiding.base().host()[i], picture[i], 1e-6F);
  }
}

/// Neither a hidden pixel nor an unknown one has any influence on what the network sees.
TEST_F(Hidings, TheInputTellsNothingOfWhatItHides) {
  const std::vector<float> before = input_of(4);
  Hiding hiding = make();
  hiding.before(4);
  for (std::size_t i = 0; i < canvas.plane(); ++i) {
    if (hiding.shows(i)) continue;
    for (int c = 0; c < canvas.channels; ++c) picture[c * canvas.plane() + i] = 0.1F;
  }
  EXPECT_EQ(input_of(4), before);
  std::size_t shown = 0;
  while (!hiding.shows(shown)) ++shown;
  picture[shown] = 1 - picture[shown];
  EXPECT_NE(input_of(4), before);
}

// Told once: its share is 1 / (4 + 1), and later no more than the recipe's.
TEST_F(Hidings, APixelKeepsItsAverageWhereItWasShown) {
  EXPECT_TRUE(make().shares().empty());
  recipe.average = 0.3;
  Hiding hiding = make();
  for (int step = 0; step < 2; ++step) {
    hiding.before(step);
    EXPECT_EQ(hiding.shares().host()[0], step == 0 ? 0 : 0.2F);  // unknown, so never shown
  }
  hiding.before(2);
  EXPECT_EQ(hiding.shares().host()[0], 0.3F);
  int kept = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const float share = hiding.shares().host()[i];
    EXPECT_TRUE(share <= 0.3F || (share == 1 && hiding.shows(i))) << i;
    kept += share == 1 ? 1 : 0;
  }
  EXPECT_GT(kept, 0);
}

TEST_F(Hidings, RefusesANetworkWithASmallerInput) {
  z = Buffer(*backend, z.size() / 4);
  EXPECT_THROW((void)make(), Error);
}

}  // namespace
}  // namespace dipper
