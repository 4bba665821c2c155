// SPDX-License-Identifier: Apache-2.0
#include "api/pace.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dipper {
namespace {

/// A pace whose clock the test sets.
class Paces : public testing::Test {
 protected:
  [[nodiscard]] Pace pace(double limit) {
    Pace made([this] { return now; });
    made.limit(limit);
    return made;
  }
  double now = 100;
};

TEST_F(Paces, TimeBeginsWhenItIsMade) {
  const Pace made = pace(0);
  now += 2.5;
  EXPECT_DOUBLE_EQ(made.seconds(), 2.5);
}

TEST_F(Paces, SpeedIsThatOfThisRunsIterationsAlone) {
  Pace resumed = pace(0);
  EXPECT_EQ(resumed.iterations_per_second(), 0);
  now += 7;  // making it ready is no iteration
  resumed.begin(50, 1);
  now += 2;
  resumed.reach(58);
  EXPECT_DOUBLE_EQ(resumed.iterations_per_second(), 4);
  EXPECT_DOUBLE_EQ(resumed.seconds_for(6), 1.5);
}

TEST_F(Paces, WithoutALimitThereIsTimeForEverAndNoPlan) {
  Pace free = pace(0);
  free.begin(0, 1);
  now += 1e6;
  free.reach(10);
  EXPECT_TRUE(std::isinf(free.seconds_to_spare()));
  EXPECT_FALSE(free.plan(1000));
}

TEST_F(Paces, TheNextLookAndTheLastPictureAreTakenOffTheTime) {
  Pace limited = pace(20);
  now += 1;
  limited.begin(0, 1);
  now += 5;
  limited.reach(10);
  EXPECT_DOUBLE_EQ(limited.seconds_to_spare(), 20 - 6 - 1.5 * 0.5);
  limited.expect_picture(2);
  EXPECT_DOUBLE_EQ(limited.seconds_to_spare(), 20 - 6 - 1.5 * 0.5 - 1.2 * 2);
}

TEST_F(Paces, AClockThatIsSeldomLookedAtLeavesMoreTimeUnused) {
  Pace limited = pace(20);
  limited.begin(0, 16);
  now += 8;
  limited.reach(16);
  EXPECT_DOUBLE_EQ(limited.seconds_to_spare(), 20 - 8 - 16.5 * 0.5);
}

TEST_F(Paces, ThePlanFillsTheTimeOnceTheSpeedIsKnown) {
  Pace limited = pace(100);
  limited.begin(4, 1);
  now += 2;
  limited.reach(6);
  EXPECT_FALSE(limited.plan(1000));
  now += 1;
  limited.reach(7);
  EXPECT_EQ(limited.plan(1000), 7 + 95);  // 97 seconds of one iteration each, less one and a half
  EXPECT_EQ(limited.plan(50), 50);
}

TEST_F(Paces, WhenTimeIsOverOneMoreIterationIsPlanned) {
  Pace late = pace(3);
  late.begin(0, 1);
  now += 4;
  late.reach(4);
  EXPECT_LT(late.seconds_to_spare(), 0);
  EXPECT_EQ(late.plan(1000), 5);
}

TEST(PaceClock, GoesForward) {
  const Pace::Clock clock = Pace::steady_clock();
  const double before = clock();
  EXPECT_GE(clock(), before);
}

TEST_F(Paces, WhatAPersonWaitedCountsNeitherAsTimeNorForTheSpeed) {
  Pace paused = pace(10);
  now += 1;
  paused.begin(0, 1);
  now += 2;
  paused.reach(4);
  now += 600;
  paused.pause(600);
  EXPECT_DOUBLE_EQ(paused.seconds(), 3);
  EXPECT_DOUBLE_EQ(paused.seconds_left(), 7);
  now += 2;
  paused.reach(8);
  EXPECT_DOUBLE_EQ(paused.iterations_per_second(), 2);
}

}  // namespace
}  // namespace dipper
