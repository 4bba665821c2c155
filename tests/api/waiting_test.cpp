// SPDX-License-Identifier: Apache-2.0
#include "api/waiting.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace dipper {
namespace {

constexpr double forever = std::numeric_limits<double>::infinity();

/// A caller who remembers what he heard, and a clock that the test sets.
class Waitings : public testing::Test {
 protected:
  [[nodiscard]] Waiting waiting(double seconds, Waiting::Result result) {
    return {"work", seconds, result, {pace, progress, callback}};
  }

  double now = 0;
  bool patient = true;
  std::vector<double> heard;
  Pace pace{[this] { return now; }};
  Progress progress;
  ProgressCallback callback = [this](const Progress& told) {
    EXPECT_EQ(told.stage, "work");
    EXPECT_EQ(told.seconds, now);
    heard.push_back(told.stage_done);
    return patient;
  };
};

TEST_F(Waitings, TheCallerHearsItAfterHalfASecondAndThenTenTimesASecond) {
  Waiting any = waiting(forever, Waiting::Result::any);
  for (int n = 1; n <= 100; ++n) {
    now = 0.01 * n;
    EXPECT_TRUE(any.go_on(0.01 * n));
  }
  EXPECT_GE(heard.size(), 5U);
  EXPECT_LE(heard.size(), 6U);
  EXPECT_NEAR(heard.front(), 0.5, 0.011);
  EXPECT_EQ(progress.stage, "");
}

TEST_F(Waitings, ItEndsWhenTheCallerWantsToStop) {
  Waiting any = waiting(forever, Waiting::Result::any);
  now = 1;
  EXPECT_TRUE(any.go_on(0.1));
  EXPECT_EQ(any.seconds_left(), forever);
  patient = false;
  now = 2;
  EXPECT_FALSE(any.go_on(0.2));
  EXPECT_TRUE(any.stopped());
  EXPECT_EQ(any.seconds_left(), 0);
  patient = true;
  now = 3;
  EXPECT_FALSE(any.go_on(0.3));  // it stays so
  EXPECT_EQ(heard.size(), 2U);
}

TEST_F(Waitings, WorkThatIsWorthSomethingAtAnyTimeMayUseAllOfIt) {
  Waiting any = waiting(10, Waiting::Result::any);
  now = 9.9;
  EXPECT_TRUE(any.go_on(0.01));
  EXPECT_NEAR(any.seconds_left(), 0.1, 1e-9);
  now = 10.2;
  EXPECT_FALSE(any.go_on(0.02));
  EXPECT_FALSE(any.stopped());
}

TEST_F(Waitings, WorkThatWouldEndTooLateEndsAtOnce) {
  Waiting whole = waiting(10, Waiting::Result::whole);
  now = 0.2;
  EXPECT_TRUE(whole.go_on(0.001));  // too early to tell
  now = 1;
  EXPECT_TRUE(whole.go_on(0.11));
  now = 2;
  EXPECT_FALSE(whole.go_on(0.15));
  EXPECT_NEAR(whole.expected_seconds(), 2 / 0.15, 1e-9);
}

TEST_F(Waitings, WithoutACallerTimeAloneEndsIt) {
  callback = nullptr;
  Waiting any = waiting(1, Waiting::Result::any);
  now = 0.5;
  EXPECT_TRUE(any.go_on(0.1));
  now = 1.5;
  EXPECT_FALSE(any.go_on(0.2));
}

}  // namespace
}  // namespace dipper
