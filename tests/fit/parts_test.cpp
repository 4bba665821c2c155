// SPDX-License-Identifier: Apache-2.0
#include "fit/parts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "fit/fit.hpp"
#include "fit/some_tiles.hpp"

namespace dipper {
namespace {

/// A picture whose colours say where they are, larger than a part, and the tensors of a program that is not there.
class PartsOfAPicture : public testing::Test {
 protected:
  PartsOfAPicture() {
    for (std::size_t i = 0; i < picture.plane(); ++i) {
      values[i] = static_cast<float>(i / picture.width) / 1000;
      values[picture.plane() + i] = static_cast<float>(i % picture.width) / 1000;
      values[2 * picture.plane() + i] = 0.5F;
    }
  }

  Parts make() {
    Target target{picture, values, weights};
    target.held_out = held_out;
    target.guide = guide;
    return {recipe, 7, *backend, target, {z, y, part_weights}, x};
  }

  void hold_out_overlapped() {
    weights[overlapped] = 0;
    held_out = {overlapped};
  }

  void expect_help_for_others_alone() {
    const std::vector<float> before = drawn();
    values[overlapped] = 5;
    const std::vector<float> after = drawn();
    EXPECT_EQ(after[overlapped], before[overlapped]);
    EXPECT_NE(after[overlapped + 1], before[overlapped + 1]);
  }

  // The upper left corner of what the network sees, by any pixel that it is shown.
  [[nodiscard]] std::pair<int, int> corner() const {
    const std::span<const float> seen = z.all();
    const auto shown = std::ranges::find(seen.subspan(3 * plane, plane), 0.5F) - seen.subspan(3 * plane, plane).begin();
    const auto at = [&](std::size_t channel) {
      const std::size_t i = channel * plane + static_cast<std::size_t>(shown);
      return static_cast<int>(std::lround(1000 * (seen[i] / Showing::detail_gain + seen[4 * plane + i] + 0.5F)));
    };
    return {at(0) - static_cast<int>(shown) / part.width, at(1) - static_cast<int>(shown) % part.width};
  }

  // What a network draws that adds so much, in each call perhaps something else.
  template <class Added>
  std::vector<float> drawn(const Added& added, Patience& patience = Patience::endless()) {
    std::vector<float> to(picture.size());
    share = make().draw([&] { std::ranges::fill(x.all(), 0.5F + added()); }, 1, 0, patience, to);
    return to;
  }
  std::vector<float> drawn(float added = 0) {
    return drawn([=] { return added; });
  }

  // The network adds so much to the part of that step.
  void tell(Parts& parts, int step, float added) {
    parts.before(step);
    std::ranges::fill(x.all(), 0.5F + added);
    parts.gather(step + 1);
  }
  std::vector<float> gathered(Parts& parts) const {
    std::vector<float> to(picture.size());
    EXPECT_EQ(parts.draw({}, 100, 0, Patience::none(), to), 0);
    return to;
  }

  Recipe recipe = load_recipe("inpaint-balanced");
  Shape picture{3, 300, 420};
  std::size_t overlapped = 150 * 420 + 230;  // a pixel of all four parts that are drawn
  std::vector<float> values = std::vector<float>(picture.size());
  std::vector<float> weights = std::vector<float>(picture.plane(), 1.0F);
  std::vector<std::size_t> held_out;
  std::vector<float> guide;
  Shape part = Parts::shape_for(picture);
  std::size_t plane = part.plane();
  std::unique_ptr<Backend> backend = make_cpu_backend(1);
  Buffer z = Buffer(*backend, 7 * plane);
  Buffer y = Buffer(*backend, 3 * plane);
  Buffer part_weights = Buffer(*backend, plane);
  Buffer x = Buffer(*backend, 3 * plane);
  double share = 0;
};

TEST_F(PartsOfAPicture, AreOfOneSizeOrAllOfIt) {
  EXPECT_EQ(part, (Shape{3, 256, 256}));
  EXPECT_EQ(Parts::shape_for({1, 3000, 100}), (Shape{1, 256, 100}));
  EXPECT_EQ(Parts::shape_for({3, 20, 30}), (Shape{3, 20, 30}));
}

TEST_F(PartsOfAPicture, EachStepSeesAnotherOne) {
  Parts parts = make();
  std::set<std::pair<int, int>> corners;
  for (int step = 0; step < 30; ++step) {
    parts.before(step);
    const auto [top, left] = corner();
    EXPECT_TRUE(top >= 0 && top <= 300 - 256 && left >= 0 && left <= 420 - 256) << top << ' ' << left;
    corners.emplace(top, left);
    Parts again = make();
    again.before(step);
    EXPECT_EQ(corner(), std::pair(top, left));
  }
  EXPECT_GT(corners.size(), 20U);
  EXPECT_EQ(corners.count({0, 0}), 1U);  // by chance it would be one of 7,425
}

TEST_F(PartsOfAPicture, EverySecondStepSeesMissingPixels) {
  for (int i = 290; i < 296; ++i) {
    for (int j = 410; j < 414; ++j) weights[static_cast<std::size_t>(i) * 420 + j] = 0;
  }
  Parts parts = make();
  for (int step = 1; step < 20; step += 2) {
    parts.before(step);
    const auto [top, left] = corner();
    EXPECT_TRUE(top + 256 > 295 && left + 256 > 413) << top << ' ' << left;
    const auto missing = static_cast<std::size_t>(292 - top) * 256 + static_cast<std::size_t>(412 - left);
    EXPECT_EQ(part_weights.all()[missing], 0);
    EXPECT_EQ(z.all()[3 * plane + missing], -0.5F);  // not shown
  }
}

TEST_F(PartsOfAPicture, EveryStepHasSomethingToLearnBesideAHole) {
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = i % 420 < 400 ? 0 : 1;
  Parts parts = make();
  for (int step = 0; step < 20; ++step) {
    parts.before(step);
    EXPECT_GT(std::accumulate(part_weights.all().begin(), part_weights.all().end(), 0.0), 0) << step;
  }
}

TEST_F(PartsOfAPicture, ASecondPictureIsSeenInTheSamePlace) {
  guide = values;
  recipe.input_scale = 2;
  z = Buffer(*backend, 10 * plane);
  Parts parts = make();
  for (int step = 0; step < 5; ++step) {
    parts.before(step);
    const auto [top, left] = corner();
    const std::span<const float> seen = z.all().last(3 * plane);
    for (const int i : {0, 100, 255}) {
      EXPECT_FLOAT_EQ(seen[i * 256 + 7], 2 * static_cast<float>(top + i) / 1000);
      EXPECT_FLOAT_EQ(seen[plane + i], 2 * static_cast<float>(left + i) / 1000);
    }
  }
}

TEST_F(PartsOfAPicture, TheWholeIsWhatTheNetworkAddsToASmoothFilling) {
  const std::vector<float> plain = drawn();
  EXPECT_EQ(share, 1);
  for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(plain[i], values[i], 0.006) << i;  // a ramp, at its ends
  const std::vector<float> more = drawn(0.25F);
  for (std::size_t i = 0; i < more.size(); ++i) ASSERT_NEAR(more[i], plain[i] + 0.25F, 1e-5) << i;
}

TEST_F(PartsOfAPicture, NoPixelHelpsToTellItself) {
  expect_help_for_others_alone();
}

TEST_F(PartsOfAPicture, NorDoesOneThatIsHeldOut) {
  hold_out_overlapped();
  expect_help_for_others_alone();
}

TEST_F(PartsOfAPicture, MissingPixelsMayBeAnything) {
  weights[overlapped] = 0;
  const std::vector<float> before = drawn();
  values[overlapped] = std::nanf("");
  EXPECT_EQ(drawn(), before);
}

TEST_F(PartsOfAPicture, FadeIntoEachOther) {
  std::ranges::fill(values, 0.5F);
  float added = 0;
  const std::vector<float> to = drawn([&] { return added += 0.001F; });  // four parts of 8 rounds: less than 0.03 apart
  // Neighbours were told in other rounds, too, so rows and columns are looked at as a whole.
  std::vector<double> rows(300);
  std::vector<double> columns(420);
  for (std::size_t i = 0; i < picture.plane(); ++i) {
    rows[i / 420] += to[i] / 420;
    columns[i % 420] += to[i] / 300;
  }
  for (const std::vector<double>& means : {rows, columns}) {
    const auto [least, most] = std::ranges::minmax(means);
    EXPECT_GT(most - least, 0.006);
    double steepest = 0;
    for (std::size_t i = 1; i < means.size(); ++i) steepest = std::max(steepest, std::abs(means[i] - means[i - 1]));
    EXPECT_LT(steepest, (most - least) / 10);
  }
}

TEST_F(PartsOfAPicture, WithoutTimeThereIsTheFillingOfWhatCounts) {
  hold_out_overlapped();
  values[overlapped] = 5;
  const auto to = drawn([] { return 0.25F; }, Patience::none());
  EXPECT_EQ(share, 0);
  for (std::size_t i = 0; i < to.size(); ++i) {
    ASSERT_TRUE(i == overlapped || std::abs(to[i] - values[i]) < 1e-3F) << i;
  }
  EXPECT_NEAR(to[overlapped], 0.15F, 0.01);
}

TEST_F(PartsOfAPicture, WhenTimeEndsTheRestIsFilled) {
  SomeTiles one(1);
  const auto to = drawn([] { return 0.25F; }, one);
  EXPECT_EQ(share, 0.25);
  EXPECT_NEAR(to[0], values[0] + 0.25F, 0.006);
  EXPECT_NEAR(to[picture.plane() - 1], values[picture.plane() - 1], 1e-3);
}

TEST_F(PartsOfAPicture, TheNetworksWordsOnTheWayAreGathered) {
  Parts parts = make();
  const std::vector<float> nothing = gathered(parts);
  for (std::size_t i = 0; i < nothing.size(); ++i) ASSERT_NEAR(nothing[i], values[i], 1e-3F) << i;
  for (int step = 0; step < 100; ++step) tell(parts, step, step < 50 ? 0.75F : 0.25F);
  const std::vector<float> more = gathered(parts);
  EXPECT_EQ(gathered(parts), more);
  double mean = 0;
  for (std::size_t i = 0; i < more.size(); ++i) mean += (more[i] - values[i]) / static_cast<double>(more.size());
  EXPECT_NEAR(mean, 0.25 + 0.5 / 32, 0.01);  // later words count for more
}

TEST_F(PartsOfAPicture, WordsThatAreNoNumbersAreNotGathered) {
  Parts parts = make();
  tell(parts, 0, 0.25F);
  const std::vector<float> before = gathered(parts);
  parts.before(1);
  std::ranges::fill(x.all(), std::nanf(""));
  parts.gather(2);
  EXPECT_EQ(gathered(parts), before);
}

TEST_F(PartsOfAPicture, WhatWasGatheredGoesIntoTheWhole) {
  Parts parts = make();
  for (int step = 0; step < 20; ++step) tell(parts, step, 0.25F);
  const auto draw = [&] { std::ranges::fill(x.all(), 0.5F); };
  std::vector<float> to(picture.size());
  EXPECT_EQ(parts.draw(draw, 20, 0, Patience::endless(), to), 1);
  double mean = 0;
  for (std::size_t i = 0; i < to.size(); ++i) mean += (to[i] - values[i]) / static_cast<double>(to.size());
  EXPECT_GT(mean, 0.02);
  EXPECT_LT(mean, 0.15);
}

TEST(Parts, AreMoreInALargerPicture) {
  Recipe recipe = load_recipe("inpaint-balanced");
  recipe.work = 6.5536;
  recipe.input_whole = 0.3;
  const auto adapted = [&](int height, int width) {
    Recipe r = recipe;
    adapt(r, height, width);
    return std::array{r.iterations, r.every, r.hold_out_patience};
  };
  EXPECT_EQ(adapted(300, 1000), (std::array{150, 20, 100}));  // a quarter of 600, of the whole
  EXPECT_EQ(adapted(300, 1001), (std::array{100, 3, 73}));    // 16 times the picture are 73 parts
  EXPECT_EQ(adapted(1200, 2000), (std::array{200, 7, 585}));
  EXPECT_EQ(adapted(20, 25'000), (std::array{1517, 51, 1562}));  // parts of 20x256
  recipe.hold_out_patience = 6000;
  EXPECT_EQ(adapted(1200, 2000), (std::array{200, 7, 2000}));
  recipe.hold_out_patience = 0;
  EXPECT_EQ(adapted(15'000, 20'000), (std::array{1000, 33, 0}));
}

/// A striped picture, a third of it missing, of which a fit sees parts.
class FitsOfParts : public testing::Test {
 protected:
  FitsOfParts() {
    recipe.input_whole = 0.01;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = 0.5F + 0.3F * std::sin(0.1F * static_cast<float>(i % 1000));
    }
    for (std::size_t i = 0; i < weights.size(); i += 3) weights[i] = 0;
  }
  Fit make(Backend& backend) { return {{shape, values, weights}, recipe, backend, 5}; }

  Recipe recipe = load_recipe("inpaint-fast");
  Shape shape{1, 96, 300};
  std::vector<float> values = std::vector<float>(shape.size());
  std::vector<float> weights = std::vector<float>(shape.plane(), 1.0F);
};

TEST_F(FitsOfParts, GiveTheSameBitsForAnyThreads) {
  std::vector<float> outputs[2] = {std::vector<float>(shape.size()), std::vector<float>(shape.size())};
  for (const int threads : {1, 2}) {
    const auto backend = make_cpu_backend(threads);
    Fit fit = make(*backend);
    for (int step = 0; step < 3; ++step) fit.step();
    EXPECT_EQ(fit.output(outputs[threads - 1]), 1);
  }
  EXPECT_EQ(outputs[0], outputs[1]);
}

TEST_F(FitsOfParts, LearnFromEachOfThem) {
  const auto backend = make_cpu_backend(2);
  Fit fit = make(*backend);
  double first = 0;
  double last = 0;
  for (int step = 0; step < 40; ++step) {
    fit.step();
    (step < 10 ? first : last) += fit.loss() / (step < 10 ? 10 : 30);
  }
  EXPECT_LT(last, 0.7 * first);
}

TEST_F(FitsOfParts, ALookChangesNothing) {
  const auto backend = make_cpu_backend(2);
  std::vector<float> outputs[2] = {std::vector<float>(shape.size()), std::vector<float>(shape.size())};
  double losses[2];
  for (const int looks : {0, 1}) {
    Fit fit = make(*backend);
    for (int step = 0; step < 4; ++step) {
      fit.step();
      if (looks == 1) {
        EXPECT_GT(fit.measure_output().seconds.view, 0);
        fit.output(outputs[1]);
      }
    }
    losses[looks] = fit.loss();
    fit.output(outputs[looks]);
  }
  EXPECT_EQ(losses[0], losses[1]);
  EXPECT_EQ(outputs[0], outputs[1]);
}

TEST_F(FitsOfParts, HaveAPictureOnTheWayThatGetsBetter) {
  const auto backend = make_cpu_backend(2);
  Fit fit = make(*backend);
  std::vector<float> output(shape.size());
  const auto error = [&] {
    EXPECT_EQ(fit.output(output, Patience::none()), 0);
    double sum = 0;
    for (std::size_t i = 0; i < output.size(); i += 3) sum += std::pow(output[i] - values[i], 2);
    return sum;
  };
  const double filled = error();
  for (int step = 0; step < 60; ++step) fit.step();
  const double gathered = error();
  EXPECT_LT(gathered, 0.5 * filled);
  EXPECT_EQ(fit.output(output), 1);
}

TEST_F(FitsOfParts, TakeTheMemoryOfOne) {
  const auto backend = make_cpu_backend(1);
  const std::size_t bytes = make(*backend).bytes();
  shape = {1, 960, 1200};
  values.assign(shape.size(), 0.5F);
  weights.assign(shape.plane(), 1.0F);
  const std::size_t of_larger = make(*backend).bytes();
  EXPECT_LT(of_larger, 4 * bytes);  // of 40 times as many pixels, and parts of 3 times as many
  recipe.input_whole = 0;
  EXPECT_GT(make(*backend).bytes(), 10 * bytes);
}

}  // namespace
}  // namespace dipper
