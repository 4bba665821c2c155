// SPDX-License-Identifier: Apache-2.0
#include "api/judging.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace dipper {
namespace {

/// The mean of three pixels of a row, whatever their unit.
Image smooth(const Observation& observation, int /*threads*/, Patience& /*patience*/) {
  Image image = observation.damaged;
  for (std::size_t i = 1; i + 1 < image.samples.size(); ++i) {
    const float* around = observation.damaged.samples.data() + i - 1;
    image.samples[i] = (around[0] + around[1] + around[2]) / 3;
  }
  return image;
}

/// Every other pixel of a soft wave is known.
class JudgingTest : public testing::Test {
 protected:
  JudgingTest() {
    for (std::size_t i = 0; i < picture.samples.size(); ++i) {
      picture.samples[i] = 0.5F + 0.4F * std::sin(0.2F * static_cast<float>(i % 64));
    }
    observation.damaged = picture;
    observation.keeps_known = true;
    observation.weights.resize(picture.plane_size());
    for (std::size_t i = 0; i < picture.plane_size(); ++i) observation.weights[i] = (i + i / 64) % 2 == 0 ? 1.0F : 0.0F;
    recipe.hold_out_share = 0.1;
  }

  [[nodiscard]] Judging judging() {
    return make_judging(observation, recipe, range, settings, {pace, progress, callback});
  }

  // How many pixels the fit does not get.
  [[nodiscard]] std::ptrdiff_t taken(const Judging& made) const {
    return std::ranges::count(observation.weights, 1.0F) - std::ranges::count(made.weights, 1.0F);
  }

  Image picture{64, 48, 1};
  Observation observation;
  Recipe recipe;
  Range range;
  Settings settings;
  double now = 0;
  Pace pace{[this] { return now; }};
  Progress progress;
  ProgressCallback callback;
};

TEST_F(JudgingTest, TakesItsPixelsFromTheFit) {
  const Judging made = judging();
  ASSERT_TRUE(made.judge);
  EXPECT_EQ(made.values, colours_of(picture, range));
  EXPECT_NEAR(static_cast<double>(taken(made)), 0.1 * 64 * 48 / 2, 30);
  for (std::size_t i = 0; i < made.weights.size(); ++i) EXPECT_LE(made.weights[i], observation.weights[i]);
}

TEST_F(JudgingTest, NobodyJudgesWhereTheRecipeWantsNone) {
  recipe.hold_out_share = 0;
  const Judging made = judging();
  EXPECT_FALSE(made.judge);
  EXPECT_EQ(taken(made), 0);
}

TEST_F(JudgingTest, NobodyJudgesThroughAnOperator) {
  observation.observed_by = LinearOperator{};
  EXPECT_FALSE(judging().judge);
}

TEST_F(JudgingTest, NobodyJudgesByAHandfulOfPixels) {
  recipe.hold_out_share = 0.001;
  const Judging made = judging();
  EXPECT_FALSE(made.judge);
  EXPECT_EQ(taken(made), 0);
}

// What the fit made is nothing like the picture, so all of the result is the classical one.
TEST_F(JudgingTest, TheClassicalMethodMayBeAllOfTheResult) {
  observation.classic = &find_method(find_task("inpaint"), "linear");
  Judging made = judging();
  ASSERT_TRUE(made.judge && made.classic == "linear");
  std::vector<float> result(picture.samples.size(), 0.0F);
  made.judge->look(1, result);
  made.judge->result(result);
  const Image linear = observation.classic->restore(observation, 1, Patience::endless());
  EXPECT_EQ(made.judge->share(), 0);
  for (std::size_t i = 0; i < result.size(); ++i) EXPECT_FLOAT_EQ(result[i], linear.samples[i]);
}

// The method's second run, without the pixels held out, may be on another thread at the time of the first.
TEST_F(JudgingTest, IsTheSameOnAnyNumberOfThreads) {
  observation.classic = &find_method(find_task("inpaint"), "cubic");
  std::vector<float> blends[2];
  for (const int threads : {1, 2}) {
    settings.threads = threads;
    Judging made = judging();
    made.judge->look(1, std::vector<float>(picture.samples.size(), 0.55F));
    EXPECT_EQ(made.classic, "cubic");
    blends[threads - 1].resize(picture.samples.size());
    made.judge->result(blends[threads - 1]);
    blends[threads - 1].push_back(static_cast<float>(made.judge->error()));
  }
  EXPECT_EQ(blends[0], blends[1]);
}

/// What slow() below takes in each of its runs, in seconds of the test's clock; it asks after every second.
std::vector<double> seconds_of_runs;
double* clock_of_runs = nullptr;

Image slow(const Observation& observation, int /*threads*/, Patience& patience) {
  const double seconds = seconds_of_runs.front();
  seconds_of_runs.erase(seconds_of_runs.begin());
  for (int n = 1; n <= seconds; ++n) {
    *clock_of_runs += 1;
    check(patience, n / seconds);
  }
  return observation.damaged;
}

class SlowJudging : public JudgingTest {
 protected:
  SlowJudging() {
    observation.classic = &method;
    settings.threads = 1;  // one run after the other
    clock_of_runs = &now;
  }
  TaskMethod method{"slow", "", slow};
};

TEST_F(SlowJudging, AMethodThatThereIsNoTimeForEndsOnceThatIsKnown) {
  pace.limit(100);
  seconds_of_runs = {61, 1};
  const Judging made = judging();
  EXPECT_TRUE(made.judge);
  EXPECT_EQ(made.classic, "a smooth filling");
  EXPECT_TRUE(made.alone.empty());
  EXPECT_EQ(now, 1);
  EXPECT_EQ(made.note, "slow would take about 61 s, so there is no classical result");
}

TEST_F(SlowJudging, AQuickMethodTakesThePlaceOfOneThatThereIsNoTimeFor) {
  const TaskMethod quick{"quick", "", slow};
  observation.quick_classic = &quick;
  pace.limit(100);
  seconds_of_runs = {61, 20, 20};
  const Judging made = judging();
  EXPECT_TRUE(made.judge);
  EXPECT_EQ(made.classic, "quick");
  EXPECT_EQ(made.note, "slow would take about 61 s, so quick takes its place");
  EXPECT_EQ(now, 41);
}

TEST_F(SlowJudging, WithoutTimeForTheQuickMethodEitherTheFitGoesOnWithoutThem) {
  const TaskMethod quick{"quick", "", slow};
  observation.quick_classic = &quick;
  pace.limit(100);
  seconds_of_runs = {100, 80};
  const Judging made = judging();
  EXPECT_EQ(made.classic, "a smooth filling");
  EXPECT_EQ(made.note, "slow would take about 100 s and quick would take about 80 s, so there is no classical result");
}

TEST_F(SlowJudging, AMethodThatTakesNearlyAllTheTimeIsTheResult) {
  pace.limit(100);
  seconds_of_runs = {59, 59};
  const Judging made = judging();
  EXPECT_EQ(made.alone, colours_of(picture, range));
  EXPECT_FALSE(made.stopped);
  EXPECT_EQ(now, 60);  // the second run was hopeless after its first second
  EXPECT_NE(made.note, "");
}

TEST_F(SlowJudging, WithoutALimitItMayTakeAnyTimeAndTellsHowFarItIs) {
  seconds_of_runs = {1000, 1000};
  std::vector<double> told;
  callback = [&told](const Progress& heard) {
    EXPECT_EQ(heard.stage, "slow");
    told.push_back(heard.stage_done);
    return true;
  };
  EXPECT_EQ(judging().classic, "slow");
  ASSERT_EQ(told.size(), 2000U);
  EXPECT_EQ(told[499], 0.5);
  EXPECT_EQ(progress.stage, "");
}

TEST_F(SlowJudging, WhoStopsItBeforeItsResultGetsNothing) {
  seconds_of_runs = {10, 10};
  callback = [](const Progress& heard) { return heard.stage_done < 0.5; };
  EXPECT_THROW(static_cast<void>(judging()), Stopped);
  EXPECT_EQ(now, 5);
}

TEST_F(SlowJudging, WhoStopsItLaterGetsItsResult) {
  seconds_of_runs = {10, 10};
  callback = [](const Progress& heard) { return heard.seconds < 13; };
  const Judging made = judging();
  EXPECT_TRUE(made.stopped);
  EXPECT_FALSE(made.alone.empty());
  EXPECT_EQ(now, 13);
}

// The noise that a method's result still has is in the units of the picture; the judge's are those of [0, 1].
TEST_F(JudgingTest, TheUnitOfAFloatPicturesDoesNotMatter) {
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
    observation.noise = NoiseModel(0.1 * unit);
    Judging made = judging();
    made.judge->look(1, picture.samples);
    return made.judge->share();
  };
  const double share = share_for(1);
  EXPECT_GT(share, 0);
  EXPECT_NEAR(share_for(4), share, 1e-3);
}

}  // namespace
}  // namespace dipper
