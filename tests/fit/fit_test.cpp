// SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/philox.hpp"
#include "dipper/error.hpp"
#include "kernels/far_backend.hpp"
#include "kernels/watching_backend.hpp"

namespace dipper {
namespace {

/// A smooth picture of soft waves with every third pixel unknown.
struct Waves {
  explicit Waves(const Shape& size) : shape(size), values(size.size()), weights(size.plane(), 1.0F) {
    for (int c = 0; c < shape.channels; ++c) {
      for (int i = 0; i < shape.height; ++i) {
        for (int j = 0; j < shape.width; ++j) {
          values[c * shape.plane() + static_cast<std::size_t>(i) * shape.width + j] =
              0.5F + 0.3F * std::sin(0.2F * static_cast<float>(i + c)) * std::cos(0.15F * static_cast<float>(j));
        }
      }
    }
    for (std::size_t i = 0; i < weights.size(); i += 3) weights[i] = 0;
  }
  [[nodiscard]] Target target() const { return {shape, values, weights}; }

  Shape shape;
  std::vector<float> values;
  std::vector<float> weights;
};

std::vector<float> fitted(const Target& target, const Recipe& recipe, Backend& backend, int steps,
                          std::uint64_t seed = 0) {
  Fit fit(target, recipe, backend, seed);
  for (int i = 0; i < steps; ++i) fit.step();
  std::vector<float> out(target.shape.size());
  fit.output(out);
  return out;
}

float loss_of_step(Fit& fit) {
  fit.step();
  return static_cast<float>(fit.loss());
}

TEST(Fit, LossFalls) {
  const Waves waves({3, 64, 64});
  const auto backend = make_cpu_backend(2);
  Fit fit(waves.target(), load_recipe("quick"), *backend, 0);
  const float first = loss_of_step(fit);
  float last = first;
  for (int i = 0; i < 60; ++i) last = loss_of_step(fit);
  EXPECT_LT(last, 0.1F * first);
  EXPECT_EQ(fit.iteration(), 61);
}

TEST(Fit, IsTheSameBitsForAnyThreads) {
  const Waves waves({3, 70, 51});
  for (const char* name : {"quick", "seed-pixel-shuffle", "seed-deconv"}) {
    const Recipe recipe = load_recipe(name);
    const std::vector<float> one = fitted(waves.target(), recipe, *make_cpu_backend(1), 4);
    EXPECT_EQ(one, fitted(waves.target(), recipe, *make_cpu_backend(2), 4)) << name;
    EXPECT_EQ(one, fitted(waves.target(), recipe, *make_cpu_backend(3), 4)) << name;
    EXPECT_NE(one, fitted(waves.target(), recipe, *make_cpu_backend(2), 4, 1)) << name;
  }
}

/// Their neighbours are told by them; without a word, a pixel of weight 0 may hold anything.
TEST(Fit, PixelsHeldOutAreSeenWherePixelsAreHidden) {
  Waves waves({1, 48, 40});
  Recipe recipe = load_recipe("inpaint-fast");
  const std::vector<std::size_t> held_out = {400, 401, 911};
  for (const std::size_t i : held_out) waves.weights[i] = 0;
  Target target = waves.target();
  const auto fits = [&] { return fitted(target, recipe, *make_cpu_backend(2), 4); };
  const std::vector<float> unseen = fits();
  target.held_out = held_out;
  const std::vector<float> seen = fits();
  EXPECT_NE(seen, unseen);
  for (const std::size_t i : held_out) waves.values[i] += 0.2F;
  EXPECT_NE(fits(), seen);
  target.held_out = {};
  EXPECT_EQ(fits(), unseen);
}

TEST(Fit, EveryNetworkTakesOddSizesWithTheSameBitsForAnyThreads) {
  const Waves waves({3, 17, 33});
  for (const Network& network : networks()) {
    Recipe recipe;
    recipe.network = network.name;
    const std::vector<float> one = fitted(waves.target(), recipe, *make_cpu_backend(1), 3);
    EXPECT_EQ(one, fitted(waves.target(), recipe, *make_cpu_backend(2), 3)) << network.name;
    for (const float value : one) EXPECT_TRUE(value >= 0 && value <= 1) << network.name;
  }
}

TEST(Fit, TakesAnySize) {
  const auto backend = make_cpu_backend(2);
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 3, 17}, Shape{1, 65, 63}, Shape{3, 64, 128}}) {
    const Waves waves(shape);
    Waves known(shape);
    known.weights.assign(known.weights.size(), 1.0F);
    for (const float value : fitted(known.target(), load_recipe("quick"), *backend, 3)) {
      EXPECT_TRUE(value >= 0 && value <= 1) << shape;
    }
  }
}

// Values where nothing is known may be anything.
TEST(Fit, NeverLooksAtUnknownPixels) {
  Waves waves({3, 64, 64});
  const auto backend = make_cpu_backend(2);
  const Recipe recipe = load_recipe("quick");
  const std::vector<float> expected = fitted(waves.target(), recipe, *backend, 3);
  for (std::size_t i = 0; i < waves.weights.size(); ++i) {
    if (waves.weights[i] == 0) waves.values[i] = NAN;
  }
  EXPECT_EQ(fitted(waves.target(), recipe, *backend, 3), expected);
}

Recipe tiny_recipe() {
  Recipe recipe = load_recipe("small");
  set_value(recipe, "skip.down", "8,8,8");
  set_value(recipe, "skip.up", "8");
  set_value(recipe, "input.channels", "4");
  return recipe;
}

// A damage for recipes that damage a result again.
Image darker(const Image& picture, std::uint64_t draw) {
  Image dark = picture;
  for (float& sample : dark.samples) sample *= draw % 2 == 0 ? 0.5F : 0.6F;
  return dark;
}

// What the recipe needs beside the waves.
Target target_for(const Recipe& recipe, const Waves& waves) {
  Target target = waves.target();
  if (recipe.input_kind == "picture" || recipe.in_parts(waves.shape.plane())) target.guide = waves.values;
  if (recipe.input_kind == "reduced") target.scaling = Scaling{1, ResizeKernel::box};
  if (recipe.input_kind == "again") target.again = {waves.values, darker, {}, {}};
  return target;
}

TEST(Fit, EveryRecipeRunsWithTheSameBitsForAnyThreads) {
  const Waves waves({3, 64, 64});
  for (const BuiltInRecipe& built_in : built_in_recipes()) {
    const Recipe recipe = load_recipe(std::string(built_in.name));
    const Target target = target_for(recipe, waves);
    const std::vector<float> one = fitted(target, recipe, *make_cpu_backend(1), 2);
    for (const int threads : {2, 3, 7}) {
      EXPECT_EQ(fitted(target, recipe, *make_cpu_backend(threads), 2), one) << built_in.name << ", " << threads;
    }
  }
}

TEST(Fit, ARecipeForUpscalingAloneSaysSo) {
  const Waves waves({3, 64, 64});
  const auto backend = make_cpu_backend(1);
  try {
    Fit(waves.target(), load_recipe("upscale-fast"), *backend, 0);
    FAIL() << "there is nothing to enlarge";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("suits upscale alone"), std::string::npos) << error.what();
  }
}

TEST(Fit, ARecipeThatDamagesAgainHasToKnowHow) {
  const Waves waves({3, 64, 64});
  const auto backend = make_cpu_backend(1);
  try {
    Fit(waves.target(), load_recipe("dejpeg-fast"), *backend, 0);
    FAIL() << "there is no damage to do again";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("is not known of this picture"), std::string::npos) << error.what();
  }
}

/// Through an operator that halves the picture: the loss sees the small one, the output is the large one.
TEST(Fit, SeesThroughAnOperator) {
  Waves small({1, 20, 24});
  small.weights.assign(small.weights.size(), 1.0F);
  Target target = small.target();
  target.observed_by =
      LinearOperator{.kernel = {2, 2, {0.25F, 0.25F, 0.25F, 0.25F}}, .stride = 2, .height = 40, .width = 48};
  EXPECT_EQ(target.picture(), (Shape{1, 40, 48}));
  const auto backend = make_cpu_backend(2);
  Fit fit(target, tiny_recipe(), *backend, 0);
  const float first = loss_of_step(fit);
  float last = first;
  for (int i = 0; i < 150; ++i) last = loss_of_step(fit);
  EXPECT_LT(last, 0.1F * first);
  std::vector<float> large(40 * 48);
  fit.output(large);
  double error = 0;
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < 24; ++j) {
      const float* at = large.data() + 2 * i * 48 + 2 * j;
      error += std::pow((at[0] + at[1] + at[48] + at[49]) / 4 - small.values[i * 24 + j], 2);
    }
  }
  EXPECT_NEAR(error / (20 * 24), last, 0.5 * last);
}

TEST(Fit, AveragesOutputsExponentially) {
  const Waves waves({1, 32, 32});
  Recipe recipe = tiny_recipe();
  recipe.average = 0.75;
  const auto backend = make_cpu_backend(1);
  Fit fit(waves.target(), recipe, *backend, 0);
  std::vector<float> expected(32 * 32);
  std::vector<float> x(32 * 32);
  for (int step = 0; step < 4; ++step) {
    fit.step();
    fit.output(x);
    for (std::size_t i = 0; i < x.size(); ++i) expected[i] = step == 0 ? x[i] : 0.75F * expected[i] + 0.25F * x[i];
  }
  std::vector<float> average(32 * 32);
  fit.average(average);
  EXPECT_EQ(average, expected);
}

TEST(Fit, WithoutAnAverageTheLastOutputIsIt) {
  const Waves waves({1, 32, 32});
  Recipe recipe = tiny_recipe();
  recipe.average = 0;
  const auto backend = make_cpu_backend(1);
  Fit fit(waves.target(), recipe, *backend, 0);
  fit.step();
  std::vector<float> x(32 * 32);
  std::vector<float> average(32 * 32);
  fit.output(x);
  fit.average(average);
  EXPECT_EQ(average, x);
}

TEST(Fit, TotalVariationInTheLossSmoothsTheOutput) {
  const Waves waves({1, 64, 64});
  const auto variation = [&](double weight) {
    Recipe recipe = tiny_recipe();
    recipe.tv = weight;
    const auto backend = make_cpu_backend(2);
    const std::vector<float> x = fitted(waves.target(), recipe, *backend, 60);
    double sum = 0;
    for (std::size_t i = 1; i < x.size(); ++i) sum += std::abs(x[i] - x[i - 1]);
    return sum;
  };
  EXPECT_LT(variation(1), 0.5 * variation(0));
}

/// A rate so high that the fit collapses again and again.
TEST(Fit, ReturnsToItsLastGoodStateWhenItCollapses) {
  const Waves waves({1, 64, 64});
  Recipe recipe = tiny_recipe();
  recipe.input_noise = "none";
  recipe.rollback_every = 1;
  recipe.rollback_drop = 0.5;
  recipe.adam_rate = 0.3;
  const auto backend = make_cpu_backend(2);
  Fit fit(waves.target(), recipe, *backend, 0);
  float good = loss_of_step(fit);
  for (int i = 0; i < 80; ++i) {
    const int before = fit.rollbacks();
    const float loss = loss_of_step(fit);
    if (fit.rollbacks() == before) {
      good = loss;
    } else {
      ASSERT_EQ(loss, good);  // the state that gave this loss is back, and what it makes is the output
    }
  }
  EXPECT_GT(fit.rollbacks(), 0);
}

TEST(Fit, BackendsAgreeWhileRoundingIsSmall) {
  const Waves waves({3, 64, 64});
  Recipe recipe = load_recipe("seed-pixel-shuffle");
  const std::vector<float> cpu = fitted(waves.target(), recipe, *make_cpu_backend(2), 2);
  const std::vector<float> ref = fitted(waves.target(), recipe, *make_ref_backend(), 2);
  for (std::size_t i = 0; i < cpu.size(); ++i) ASSERT_NEAR(cpu[i], ref[i], 0.02) << i;
}

std::vector<Recipe> all_that_a_fit_can_do() {
  std::vector<Recipe> recipes(7, tiny_recipe());
  recipes[1].input_noise = "walk";
  recipes[1].input_noise_scale = 0.05;
  recipes[1].average = 0;
  recipes[2].input_noise = "fresh";
  recipes[2].tv = 0.1;
  recipes[2].rollback_every = 2;
  recipes[2].rollback_drop = 0.01;
  recipes[2].adam_rate = 0.3;
  recipes[3] = load_recipe("inpaint-balanced");
  set_value(recipes[3], "skip.down", "8,8,8");
  set_value(recipes[3], "skip.up", "8");
  recipes[4] = load_recipe("upscale-fast");
  recipes[5] = load_recipe("dejpeg-fast");
  recipes[6] = recipes[3];
  recipes[6].input_whole = 1e-4;
  return recipes;
}

/// On a backend whose memory is not the host's, for which nobody waits but where the rollback looks.
TEST(Fit, IsTheSameBitsFarAway) {
  const Waves waves({3, 30, 41});
  int rollbacks = 0;
  for (const Recipe& recipe : all_that_a_fit_can_do()) {
    const Target target = target_for(recipe, waves);
    const auto near = make_cpu_backend(1);
    test::FarBackend far;
    Fit here(target, recipe, *near, 3);
    Fit there(target, recipe, far, 3);
    std::vector<float> expected(waves.shape.size());
    std::vector<float> got(expected.size());
    for (int i = 0; i < 9; ++i) {
      here.step();
      const int downloads = far.downloads();
      there.step();
      const bool draws_alone = !recipe.in_tiles() && recipe.input_kind != "observed";
      const int looked_at = draws_alone && i > 0 ? 2 : 1;  // the loss, and the picture
      EXPECT_EQ(far.downloads() - downloads, there.looks(there.iteration()) ? looked_at : 0);
      if (i % 3 != 2) continue;
      here.output(expected);
      there.output(got);
      EXPECT_EQ(got, expected) << recipe.input_kind << " " << recipe.input_noise << ", step " << i;
      here.average(expected);
      there.average(got);
      EXPECT_EQ(got, expected) << recipe.input_kind << " " << recipe.input_noise << ", step " << i;
      EXPECT_EQ(there.loss(), here.loss());
    }
    EXPECT_EQ(there.rollbacks(), here.rollbacks());
    rollbacks += there.rollbacks();
  }
  EXPECT_GT(rollbacks, 0);
}

/// Where gradients of weights run beside the rest, as on a GPU in each of its precisions.
TEST(Fit, EveryRecipeOrdersAllThatTouchesTheSameMemory) {
  const Waves waves({3, 64, 96});
  for (const BuiltInRecipe& built_in : built_in_recipes()) {
    Recipe recipe = load_recipe(std::string(built_in.name));
    if (recipe.input_whole > 0) recipe.input_whole = 1e-4;
    const Target target = target_for(recipe, waves);
    for (const int lanes : {4, 8}) {
      test::WatchingBackend watching(lanes);
      Fit fit(target, recipe, watching, 0);
      std::vector<float> output(waves.shape.size());
      for (int i = 0; i < 4; ++i) {
        fit.step();
        if (i == 2) fit.output(output);
      }
      EXPECT_GT(watching.times_aside(), 0) << built_in.name;
      EXPECT_EQ(watching.complaints(), std::vector<std::string>()) << built_in.name;
    }
  }
}

TEST(Fit, WalkMovesTheInput) {
  const Waves waves({3, 64, 64});
  const auto backend = make_cpu_backend(1);
  Recipe still = load_recipe("seed-pixel-shuffle");
  still.adam_rate = 0;
  Recipe walking = still;
  still.input_noise = "none";
  EXPECT_EQ(fitted(waves.target(), still, *backend, 1), fitted(waves.target(), still, *backend, 3));
  EXPECT_NE(fitted(waves.target(), walking, *backend, 1), fitted(waves.target(), walking, *backend, 3));
}

/// Stripes of which a smooth filling makes little: unknown pixels come out of the network far better than out of that.
TEST(Fit, AnObservedInputTeachesWhatIsMissing) {
  Waves waves({1, 64, 64});
  const Philox random{2, Stream::drop};
  for (std::size_t i = 0; i < waves.values.size(); ++i) {
    waves.values[i] = i % 64 / 2 % 2 == 0 ? 0.3F : 0.7F;
    waves.weights[i] = random.uniform(0, i) < 0.5F ? 0.0F : 1.0F;
  }
  Recipe recipe = load_recipe("inpaint-balanced");
  set_value(recipe, "average", "0.9");
  set_value(recipe, "skip.down", "8,8,8");
  set_value(recipe, "skip.up", "8");
  const auto error_after = [&](int steps) {
    const auto backend = make_cpu_backend(1);
    Fit fit(waves.target(), recipe, *backend, 0);
    for (int n = 0; n < steps; ++n) fit.step();
    std::vector<float> x(waves.shape.size());
    fit.average(x);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (waves.weights[i] == 0) sum += std::pow(x[i] - waves.values[i], 2);
    }
    return sum;
  };
  EXPECT_LT(error_after(80), 0.1 * error_after(1));
}

TEST(Fit, AnObservedInputIsRefusedWhereItHasNoUse) {
  const Waves waves({1, 32, 32});
  const auto backend = make_cpu_backend(1);
  Target target = waves.target();
  target.observed_by = LinearOperator{.kernel = {1, 1, {1}}, .height = 32, .width = 32};
  EXPECT_THROW(Fit(target, load_recipe("inpaint-balanced"), *backend, 0), Error);
  Recipe recipe = load_recipe("inpaint-balanced");
  set_value(recipe, "input.noise", "fresh");
  EXPECT_THROW(check(recipe), Error);
}

}  // namespace
}  // namespace dipper
