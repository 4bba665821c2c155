// SPDX-License-Identifier: Apache-2.0
// Errors that a judge expects, held against errors that were made.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/philox.hpp"
#include "classic/clipping.hpp"
#include "dipper/image.hpp"
#include "fit/judge.hpp"

namespace dipper {
namespace {

constexpr Shape shape{3, 96, 128};

float normal(std::uint64_t step, std::size_t i) {
  const Philox noise{11, Stream::noise};
  const double u = 1 - noise.uniform(step, 2 * i);
  return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * noise.uniform(step, 2 * i + 1)));
}

/// A truth of which half of the pixels are missing, and a fit that errs four times as much on its right half.
struct Scene {
  Scene() : truth(shape.size()), x(shape.size()), weights(shape.plane()) {
    const Philox drops{1, Stream::drop};
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = drops.uniform(0, i) < 0.5F ? 0.0F : 1.0F;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      truth[i] = 0.5F + 0.2F * std::sin(0.01F * static_cast<float>(i % shape.plane()));
      x[i] = truth[i] + error_at(i) * normal(0, i);
    }
  }
  [[nodiscard]] static bool on_the_right(std::size_t i) { return i % shape.width >= shape.width / 2; }
  [[nodiscard]] static float error_at(std::size_t i) { return on_the_right(i) ? 0.08F : 0.02F; }
  [[nodiscard]] HeldOut held_out() const { return {weights, shape.height, shape.width, 0.05, 0}; }
  [[nodiscard]] Judge judge(bool blind) const {
    return {held_out(), truth, shape, {}, 0, {.weights = weights, .blind = blind}};
  }
  /// The shares of the missing samples that are within one and within two deviations.
  [[nodiscard]] std::pair<double, double> within(const Errors& errors) const {
    double one = 0, two = 0, all = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (weights[i % shape.plane()] > 0) continue;
      const double deviation = std::sqrt(errors.square[i % shape.plane()]);
      one += std::abs(x[i] - truth[i]) <= deviation ? 1 : 0;
      two += std::abs(x[i] - truth[i]) <= 2 * deviation ? 1 : 0;
      ++all;
    }
    return {one / all, two / all};
  }
  [[nodiscard]] double error(bool right) const {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (on_the_right(i) != right || weights[i % shape.plane()] > 0) continue;
      sum += std::pow(x[i] - truth[i], 2);
      ++count;
    }
    return sum / count;
  }
  static double mean(const Errors& errors, bool right) {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < shape.plane(); ++i) {
      if (on_the_right(i) != right) continue;
      sum += errors.square[i];
      ++count;
    }
    return sum / count;
  }
  std::vector<float> truth, x, weights;
};

TEST(JudgesErrors, OfABlindFitAreLargeWhereItErrsMuch) {
  const Scene scene;
  Judge judge = scene.judge(true);
  EXPECT_FALSE(judge.errors());  // before the first look
  judge.look(1, scene.x);
  const std::optional<Errors> errors = judge.errors();
  ASSERT_TRUE(errors);
  EXPECT_NEAR(Scene::mean(*errors, true) / scene.error(true), 1, 0.1);
  EXPECT_NEAR(Scene::mean(*errors, false) / scene.error(false), 1, 0.35);
  EXPECT_FALSE(judge.asks_for_spread());
}

TEST(JudgesErrors, CoverWhatTheySay) {
  const Scene scene;
  Judge judge = scene.judge(true);
  judge.look(1, scene.x);
  const Errors errors = *judge.errors();
  const auto [one, two] = scene.within(errors);
  EXPECT_NEAR(one, 0.683, 0.04);
  EXPECT_NEAR(two, 0.954, 0.02);
  EXPECT_NEAR(*errors.within_one, one, 0.05);
  EXPECT_NEAR(*errors.within_two, two, 0.03);
}

TEST(JudgesErrors, HaveAMeanThatIsAsSureAsItSays) {
  const Scene scene;
  Judge judge = scene.judge(true);
  judge.look(1, scene.x);
  const Errors errors = *judge.errors();
  const double mean = 0.5 * (scene.error(true) + scene.error(false));
  EXPECT_NEAR(errors.mean, mean, 2.5 * errors.deviation);
  EXPECT_LT(errors.deviation, 0.1 * mean);
  EXPECT_GT(errors.deviation, 0);
}

/// A fit that knows its pixels by heart errs there less than elsewhere: those held out tell it.
TEST(JudgesErrors, FollowThePixelsHeldOutWhereTheKnownOnesLie) {
  Scene scene;
  const std::vector<float> left = scene.held_out().others(scene.weights);
  for (std::size_t i = 0; i < scene.x.size(); ++i) {
    if (left[i % shape.plane()] > 0) scene.x[i] = scene.truth[i] + 0.3F * (scene.x[i] - scene.truth[i]);
  }
  Judge judge = scene.judge(true);
  judge.look(1, scene.x);
  const double mean = 0.5 * (scene.error(true) + scene.error(false));
  EXPECT_NEAR(judge.errors()->mean / mean, 1, 0.2);
}

/// What two looks later is too low of known pixels and too high of those held out, because these happen to be hard, is
/// told apart by a look before anything was known by heart.
TEST(JudgesErrors, DoNotTakeHardPixelsForWhatIsKnownByHeart) {
  Scene scene;
  const HeldOut held_out(scene.weights, shape.height, shape.width, 0.02, 0);
  const auto scale = [&](double of_held_out, double of_known, double of_missing) {
    const std::vector<float> learned = held_out.others(scene.weights);
    std::vector<float> x = scene.x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t pixel = i % shape.plane();
      const double factor = scene.weights[pixel] == 0 ? of_missing : learned[pixel] == 0 ? of_held_out : of_known;
      x[i] = scene.truth[i] + static_cast<float>(factor) * (x[i] - scene.truth[i]);
    }
    return x;
  };
  const auto expected = [&](bool looks_early) {
    Judge judge(held_out, scene.truth, shape, {}, 0, {.weights = scene.weights, .blind = true, .hidden = 0.3});
    if (looks_early) judge.look(100, scale(1.45, 1, 1));
    judge.look(600, scale(1.45 * 0.8, 0.6, 0.8));
    return judge.errors()->mean;
  };
  const double made = 0.8 * 0.8 * 0.5 * (scene.error(true) + scene.error(false));
  EXPECT_NEAR(expected(true) / made, 1, 0.1);
  EXPECT_GT(expected(false) / made, 1.12);
}

TEST(JudgesErrors, OfAnotherFitFollowItsSpread) {
  const Scene scene;
  Judge judge = scene.judge(false);
  judge.look(1, scene.x);
  EXPECT_TRUE(judge.asks_for_spread());
  EXPECT_FALSE(judge.errors());
  std::vector<float> spread(shape.plane());
  for (std::size_t i = 0; i < spread.size(); ++i) spread[i] = 0.01F * Scene::error_at(i) * Scene::error_at(i);
  const std::optional<Errors> errors = judge.errors(spread);
  ASSERT_TRUE(errors);
  EXPECT_NEAR(Scene::mean(*errors, true) / scene.error(true), 1, 0.15);
  EXPECT_NEAR(Scene::mean(*errors, false) / scene.error(false), 1, 0.5);
}

/// The scene with noise, and a second result that errs independently, and as much.
struct NoisyScene : Scene {
  static constexpr float noise = 0.15F;

  NoisyScene() : y(truth), other(truth) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += noise * normal(5, i);
    for (std::size_t i = 0; i < other.size(); ++i) other[i] += error_at(i) * normal(6, i);
    weights.assign(shape.plane(), 1.0F);
  }
  /// Of a fit that has made x, where the noise is taken for this; the result takes the place of x.
  Errors errors(const NoiseModel& taken, double doubt) {
    const HeldOut held(weights, shape.height, shape.width, 0.05, 0);
    const std::vector<float> nothing(held.pixels().size(), 0.0F);
    Judge judge(held, y, shape,
                {other, {}, {taken.sigma() * taken.sigma(), nothing, std::vector<float>(shape.plane(), 0.0F)}}, 0,
                {.weights = weights, .right = false, .noise = taken, .noise_doubt = doubt, .blind = true});
    judge.look(1, x);
    std::vector<float> result(shape.size());
    judge.result(result);
    Errors found = *judge.errors();
    x = result;
    weights.assign(shape.plane(), 0.0F);
    return found;
  }
  std::vector<float> y, other;
};

/// The same at night, as a file has it: of what noise makes of black, results are to find the mean, which is not black.
struct BlackScene : NoisyScene {
  BlackScene() {
    const auto mean = static_cast<float>(clipped_noise(0, noise).mean);
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = std::max(0.0F, y[i] - truth[i]);
      x[i] += mean - truth[i];
      other[i] += mean - truth[i];
    }
    truth.assign(truth.size(), mean);
  }
  [[nodiscard]] NoiseModel model() const {
    Image picture(shape.width, shape.height, shape.channels);
    picture.samples = y;
    return NoiseModel::gaussian(picture, noise);
  }
};

TEST(JudgesErrors, OfNoisyPixelsAreWhatIsLeftWithoutTheNoise) {
  NoisyScene scene;
  const Errors errors = scene.errors(NoiseModel(NoisyScene::noise), 0);
  EXPECT_FALSE(errors.within_one);
  EXPECT_NEAR(Scene::mean(errors, true) / scene.error(true), 1, 0.25);
  EXPECT_LT(Scene::mean(errors, false), 0.4 * Scene::mean(errors, true));
}

/// A third of the noise's variance, which is that of black; half is that of what is as bright as black's mean.
TEST(JudgesErrors, OfNoiseThatWasClippedAreWhatIsLeftWithoutTheRestOfIt) {
  BlackScene scene;
  const Errors errors = scene.errors(scene.model(), 0);
  EXPECT_NEAR(Scene::mean(errors, true) / scene.error(true), 1, 0.35);
  EXPECT_LT(Scene::mean(errors, false), 0.4 * Scene::mean(errors, true));
}

/// Of noise that is taken for a little more than it is nothing is left.
TEST(JudgesErrors, OfNoiseThatIsDoubtfulGoByHowFarTwoResultsAreApartToo) {
  const auto share_of_truth = [](double doubt) {
    NoisyScene scene;
    const Errors errors = scene.errors(NoiseModel(1.1 * NoisyScene::noise), doubt);
    return errors.mean / (0.5 * (scene.error(true) + scene.error(false)));
  };
  EXPECT_LT(share_of_truth(0), 0.25);
  EXPECT_GT(share_of_truth(0.03), 0.5);
  EXPECT_LT(share_of_truth(0.03), 2);
}

TEST(JudgesErrors, AreNoneWhereTheNoiseIsUnknown) {
  const Scene scene;
  Judge judge(scene.held_out(), scene.truth, shape, {}, 0, {.weights = scene.weights, .right = false, .blind = true});
  judge.look(1, scene.x);
  EXPECT_FALSE(judge.errors());
}

}  // namespace
}  // namespace dipper
