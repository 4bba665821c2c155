// SPDX-License-Identifier: Apache-2.0
#include "fit/judge.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "base/philox.hpp"

namespace dipper {
namespace {

constexpr Shape shape{2, 60, 80};
const std::vector<float> all_known(shape.plane(), 1.0F);

float centred(int step, std::size_t i) {
  return 2 * Philox{4, Stream::noise}.uniform(static_cast<std::uint64_t>(step), i) - 1;
}

/// The truth, and results that err on it independently.
struct Scene {
  Scene() : y(shape.size()) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = 0.5F + 0.3F * centred(0, i);
  }
  [[nodiscard]] std::vector<float> result(int step, float error) const {
    std::vector<float> x = y;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += error * centred(step, i);
    return x;
  }
  [[nodiscard]] double error(const std::vector<float>& x) const {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += std::pow(x[i] - y[i], 2);
    return sum / static_cast<double>(y.size());
  }
  [[nodiscard]] Judge judge(const std::vector<float>& classic, int patience = 0) const {
    return {HeldOut(all_known, shape.height, shape.width, 0.1, 0), y, shape, {classic, classic}, patience};
  }
  std::vector<float> y;
};

std::vector<float> result_of(const Judge& judge) {
  std::vector<float> result(shape.size());
  judge.result(result);
  return result;
}

TEST(Judges, TheBestIterateIsTheResult) {
  const Scene scene;
  Judge judge = scene.judge({});
  const std::vector<float> best = scene.result(2, 0.05F);
  judge.look(10, scene.result(1, 0.2F));
  judge.look(20, best);
  judge.look(30, scene.result(3, 0.1F));
  EXPECT_EQ(judge.best_iteration(), 20);
  EXPECT_EQ(result_of(judge), best);
  EXPECT_EQ(judge.share(), 1);
}

TEST(Judges, TheErrorIsThatOfTheWholePicture) {
  const Scene scene;
  Judge judge = scene.judge({});
  judge.look(1, scene.result(1, 0.1F));
  const double error = scene.error(result_of(judge));
  EXPECT_NEAR(judge.error(), error, 3 * judge.error_deviation());
  EXPECT_LT(judge.error_deviation(), 0.1 * error);
  EXPECT_GT(judge.error_deviation(), 0);
}

TEST(Judges, AMixtureWithAnIndependentResultIsBetterThanBoth) {
  const Scene scene;
  const std::vector<float> classic = scene.result(1, 0.1F);
  const std::vector<float> fit = scene.result(2, 0.1F);
  Judge judge = scene.judge(classic);
  judge.look(1, fit);
  EXPECT_LT(scene.error(result_of(judge)), 0.65 * scene.error(fit));
  EXPECT_NEAR(judge.share(), 0.5, 0.1);
}

TEST(Judges, AWorseFitGivesNearlyNothing) {
  const Scene scene;
  const std::vector<float> classic = scene.result(1, 0.05F);
  Judge judge = scene.judge(classic);
  judge.look(1, scene.result(2, 0.5F));
  EXPECT_LT(judge.share(), 0.05);
  EXPECT_LT(scene.error(result_of(judge)), 1.02 * scene.error(classic));
}

TEST(Judges, TheFullClassicalResultIsMixedByTheErrorsOfTheBlindOne) {
  const Scene scene;
  Judge judge(HeldOut(all_known, shape.height, shape.width, 0.1, 0), scene.y, shape, {scene.y, scene.result(1, 0.1F)},
              0);
  judge.look(1, scene.result(2, 0.1F));
  EXPECT_NEAR(judge.share(), 0.5, 0.1);
  EXPECT_NEAR(scene.error(result_of(judge)), 0.25 * 0.01 / 3, 0.0004);
}

/// A fit and a classical result that err alike on the truth. The classical one also holds a tenth of the noise, which
/// makes it look better than it is.
TEST(Judges, AClassicalResultIsNotPreferredForItsShareOfTheNoise) {
  const Scene scene;
  constexpr float noise = 0.3F;
  const std::vector<float> observed = scene.result(5, noise);
  std::vector<float> full = scene.result(1, 0.05F);
  for (std::size_t i = 0; i < full.size(); ++i) full[i] += 0.1F * (observed[i] - scene.y[i]);
  const std::vector<float> fit = scene.result(2, 0.05F);
  const auto share = [&](float taken) {
    const HeldOut held_out(all_known, shape.height, shape.width, 0.3, 0);
    Judge judge(held_out, observed, shape,
                {full,
                 {},
                 {noise * noise / 3, std::vector<float>(held_out.pixels().size(), taken),
                  std::vector<float>(shape.plane(), taken)}},
                0);
    judge.look(1, fit);
    return judge.share();
  };
  const float taken = shape.channels * 0.1F * noise * noise / 3;
  // Least squares against the truth: the classical result's error is 0.05^2 + 0.03^2 to the fit's 0.05^2 (thirds of
  // both).
  EXPECT_NEAR(share(taken), (0.0025 + 0.0009) / (0.0050 + 0.0009), 0.12);
  EXPECT_LT(share(0), 0.3);  // as if it had taken over nothing
}

/// What a noisy picture's error is made of falls unseen behind its noise, unless that is told.
TEST(Judges, AGainIsCountedWithoutTheNoiseOfThePicture) {
  const Scene scene;
  constexpr float noise = 0.5F;
  const std::vector<float> observed = scene.result(5, noise);
  const auto stops = [&](double told) {
    Judge judge(HeldOut(all_known, shape.height, shape.width, 0.3, 0), observed, shape, {{}, {}, {told, {}, {}}}, 20);
    int at = 0;
    for (const float error : {0.1F, 0.098F, 0.096F, 0.094F}) judge.look(at += 10, scene.result(1, error));
    return judge.should_stop();
  };
  EXPECT_TRUE(stops(0));
  EXPECT_FALSE(stops(noise * noise / 3));
}

/// That is more than there is, by chance.
TEST(Judges, AnErrorLessThanTheNoiseIsNoGainForEver) {
  const Scene scene;
  Judge judge(HeldOut(all_known, shape.height, shape.width, 0.1, 0), scene.y, shape, {{}, {}, {0.1, {}, {}}}, 20);
  for (int look = 1; look <= 3; ++look) judge.look(10 * look, scene.result(1, 0.1F));
  EXPECT_TRUE(judge.should_stop());
}

TEST(Judges, StopsOnceNothingWasGainedForLong) {
  const Scene scene;
  Judge judge = scene.judge({}, 30);
  int at = 0;
  for (const float error : {0.3F, 0.2F, 0.1F}) {
    judge.look(at += 10, scene.result(1, error));
    EXPECT_FALSE(judge.should_stop());
  }
  for (int look = 0; look < 2; ++look) judge.look(at += 10, scene.result(1, 0.11F));
  EXPECT_FALSE(judge.should_stop());
  judge.look(at += 10, scene.result(1, 0.11F));
  EXPECT_TRUE(judge.should_stop());
  EXPECT_EQ(judge.reason(), "the error on held-out pixels has not fallen for 30 iterations");
}

TEST(Judges, AGainThatNobodySeesIsNone) {
  const Scene scene;
  Judge judge = scene.judge({}, 20);
  judge.look(10, scene.result(1, 0.1F));
  judge.look(20, scene.result(1, 0.09999F));
  judge.look(30, scene.result(1, 0.09998F));
  EXPECT_TRUE(judge.should_stop());
  EXPECT_EQ(judge.best_iteration(), 30);
  EXPECT_EQ(judge.reason(), "the error on held-out pixels has hardly fallen for 20 iterations");
}

TEST(Judges, AFitThatIsStillBehindTheClassicalResultGoesOnWhileItLearns) {
  const Scene scene;
  const std::vector<float> classic = scene.result(1, 0.02F);
  Judge judge = scene.judge(classic, 20);
  int at = 0;
  for (const float error : {0.9F, 0.8F, 0.7F, 0.6F, 0.5F}) {
    judge.look(at += 10, scene.result(2, error));
    EXPECT_FALSE(judge.should_stop()) << at;
  }
  for (int look = 0; look < 2; ++look) judge.look(at += 10, scene.result(2, 0.5F));
  EXPECT_TRUE(judge.should_stop());
}

/// Where strokes are missing a few strokes are held out, else single pixels; a fit that hides known ones is judged by
/// them.
enum class Missing { strokes, single_pixels };

Judge judge_of_gaps(Missing missing, const Scene& scene, bool blind, int patience = 0) {
  std::vector<float> weights = all_known;
  for (const int row : {5, 25, 45}) {
    for (int column = 10; column < 30; column += missing == Missing::strokes ? 1 : 2) {
      weights[static_cast<std::size_t>(row * shape.width + column)] = 0;
    }
  }
  const HeldOut held_out(weights, shape.height, shape.width, 0.1, 0);
  EXPECT_EQ(held_out.single(), missing == Missing::single_pixels);
  return {held_out, scene.y, shape, {}, patience, {.weights = weights, .blind = blind}};
}

class JudgesOfGaps : public testing::TestWithParam<Missing> {};
INSTANTIATE_TEST_SUITE_P(All, JudgesOfGaps, testing::Values(Missing::strokes, Missing::single_pixels),
                         [](const auto& tested) {
                           return tested.param == Missing::strokes ? "Strokes" : "SinglePixels";
                         });

/// Errs elsewhere than x does, and by 2 % more at the pixels held out.
std::vector<float> hardly_worse(const Scene& scene, const Judge& judge, const std::vector<float>& x, int step) {
  const auto error = [&](const std::vector<float>& result) {
    const std::vector<float> errors = judge.held_out().errors(result, scene.y, shape);
    return std::accumulate(errors.begin(), errors.end(), 0.0);
  };
  const double factor = std::sqrt(1.02 * error(x) / error(scene.result(step, 0.1F)));
  return scene.result(step, static_cast<float>(0.1 * factor));
}

TEST_P(JudgesOfGaps, DoNotSpeakAgainstALaterResultUnlessClearly) {
  const Scene scene;
  const std::vector<float> first = scene.result(1, 0.1F);
  const std::vector<float> worse = scene.result(3, 0.2F);
  for (const bool blind : {true, false}) {
    Judge judge = judge_of_gaps(GetParam(), scene, blind);
    const std::vector<float> similar = hardly_worse(scene, judge, first, 7);
    judge.look(10, first);
    const double lowest = judge.error();
    judge.look(20, similar);
    EXPECT_EQ(judge.best_iteration(), blind ? 20 : 10);
    EXPECT_GE(judge.error(), lowest);
    judge.look(30, worse);
    EXPECT_EQ(result_of(judge), blind ? similar : first);
  }
}

TEST_P(JudgesOfGaps, DoNotAddUpSmallStepsDownHill) {
  const Scene scene;
  Judge judge = judge_of_gaps(GetParam(), scene, true);
  float error = 0.1F;
  for (int look = 1; look <= 12; ++look) judge.look(10 * look, scene.result(1, error += 0.005F));
  EXPECT_LT(judge.best_iteration(), 40);
}

TEST_P(JudgesOfGaps, GoOnWhileThereMayHaveBeenAGain) {
  const Scene scene;
  const auto stops = [&](bool blind) {
    Judge judge = judge_of_gaps(GetParam(), scene, blind, 20);
    const std::vector<float> first = scene.result(1, 0.1F);
    judge.look(10, first);
    for (int look = 2; look <= 4; ++look) judge.look(10 * look, hardly_worse(scene, judge, first, look));
    return judge.should_stop();
  };
  EXPECT_FALSE(stops(true));
  EXPECT_TRUE(stops(false));
}

TEST(Judges, WhatBecomesOfAFitThatEndsMayBeTheResultAndIsForgottenWhenItGoesOn) {
  const Scene scene;
  Judge judge = scene.judge({}, 20);
  const std::vector<float> first = scene.result(1, 0.1F);
  judge.look(10, first);
  EXPECT_FALSE(judge.may_stop_at(29));
  EXPECT_TRUE(judge.may_stop_at(30));
  judge.look(30, scene.result(2, 0.11F));
  EXPECT_TRUE(judge.should_stop());
  const std::string reason = judge.reason();
  const std::vector<float> end = scene.result(3, 0.05F);
  judge.look_at_end(30, end);
  EXPECT_EQ(result_of(judge), end);
  EXPECT_EQ(judge.best_iteration(), 30);
  EXPECT_LT(judge.error(), 0.5 * scene.error(first));
  EXPECT_TRUE(judge.should_stop());
  EXPECT_EQ(judge.reason(), reason);
  judge.look_at_end(30, scene.result(5, 0.2F));
  EXPECT_EQ(result_of(judge), first);
  judge.look_at_end(30, end);
  judge.look(35, scene.result(4, 0.2F));
  EXPECT_EQ(result_of(judge), first);
  EXPECT_EQ(judge.best_iteration(), 10);
}

TEST(Judges, WithoutPatienceNeverStop) {
  const Scene scene;
  Judge judge = scene.judge({});
  for (int at = 1; at < 1000; at += 100) judge.look(at, scene.result(1, 0.1F));
  EXPECT_FALSE(judge.should_stop());
}

/// Keeps what it is shown, or gives it back.
class Memory : public StateVisitor {
 public:
  bool gives = false;
  void integer(const std::string& name, int& value) override { swap(integers_[name], value); }
  void number(const std::string& name, double& value) override { swap(numbers_[name], value); }
  void tensor(const std::string& name, const std::vector<std::size_t>& /*shape*/, std::span<float> values) override {
    std::vector<float>& kept = tensors_[name];
    if (gives) std::copy(kept.begin(), kept.end(), values.begin());
    if (!gives) kept.assign(values.begin(), values.end());
  }

 private:
  template <class T>
  void swap(T& kept, T& value) const {
    gives ? value = kept : kept = value;
  }
  std::map<std::string, int> integers_;
  std::map<std::string, double> numbers_;
  std::map<std::string, std::vector<float>> tensors_;
};

void expect_alike_when_resumed(const Scene& scene, const Judge& fresh) {
  Judge one = fresh;
  one.look(10, scene.result(1, 0.1F));
  one.look(20, scene.result(2, 0.101F));
  Memory memory;
  one.visit(memory);
  memory.gives = true;
  Judge other = fresh;
  other.visit(memory);
  for (Judge* judge : {&one, &other}) judge->look(30, scene.result(3, 0.2F));
  for (Judge* judge : {&one, &other}) judge->look(40, scene.result(4, 0.102F));
  EXPECT_EQ(other.best_iteration(), one.best_iteration());
  EXPECT_EQ(result_of(other), result_of(one));
  EXPECT_EQ(other.error(), one.error());
  EXPECT_EQ(other.should_stop(), one.should_stop());
  EXPECT_EQ(other.reason(), one.reason());
}

TEST(Judges, OneThatIsGivenAnothersStateGoesOnLikeIt) {
  const Scene scene;
  const Judge judge = scene.judge(scene.result(9, 0.1F), 20);
  expect_alike_when_resumed(scene, judge);
  expect_alike_when_resumed(scene, judge_of_gaps(Missing::strokes, scene, true, 20));
  expect_alike_when_resumed(scene, judge_of_gaps(Missing::single_pixels, scene, true, 20));
}

}  // namespace
}  // namespace dipper
