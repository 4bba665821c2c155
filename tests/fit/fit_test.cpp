// SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <gtest/gtest.h>

#include <cmath>

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

TEST(Fit, LossFalls) {
  const Waves waves({3, 64, 64});
  const auto backend = make_cpu_backend(2);
  Fit fit(waves.target(), load_recipe("quick"), *backend, 0);
  const float first = fit.step();
  float last = first;
  for (int i = 0; i < 60; ++i) last = fit.step();
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

TEST(Fit, BackendsAgreeWhileRoundingIsSmall) {
  const Waves waves({3, 64, 64});
  Recipe recipe = load_recipe("seed-pixel-shuffle");
  const std::vector<float> cpu = fitted(waves.target(), recipe, *make_cpu_backend(2), 2);
  const std::vector<float> ref = fitted(waves.target(), recipe, *make_ref_backend(), 2);
  for (std::size_t i = 0; i < cpu.size(); ++i) ASSERT_NEAR(cpu[i], ref[i], 0.02) << i;
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

}  // namespace
}  // namespace dipper
