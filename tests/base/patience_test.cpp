// SPDX-License-Identifier: Apache-2.0
#include "base/patience.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/thread_pool.hpp"

namespace dipper {
namespace {

/// Ends at a share, and remembers what it was told and where.
class UpTo final : public Patience {
 public:
  explicit UpTo(double most) : most_(most) {}
  [[nodiscard]] bool go_on(double done) override {
    EXPECT_EQ(std::this_thread::get_id(), began_on);
    heard.push_back(done);
    return done < most_;
  }
  [[nodiscard]] double seconds_left() override { return 1; }

  std::vector<double> heard;
  std::thread::id began_on = std::this_thread::get_id();

 private:
  double most_;
};

TEST(Patience, EndlessGoesOnAndNoneDoesNot) {
  EXPECT_TRUE(Patience::endless().go_on(0.3));
  EXPECT_TRUE(std::isinf(Patience::endless().seconds_left()));
  EXPECT_FALSE(Patience::none().go_on(0));
  EXPECT_EQ(Patience::none().seconds_left(), 0);
  EXPECT_NO_THROW(check(Patience::endless(), 0));
  EXPECT_THROW(check(Patience::none(), 0), OutOfPatience);
}

TEST(Patience, APartIsASliceOfTheWhole) {
  UpTo all(0.6);
  PartOf part(all, 0.5, 0.2);
  EXPECT_TRUE(part.go_on(0));
  EXPECT_FALSE(part.go_on(0.75));
  EXPECT_EQ(all.heard, (std::vector<double>{0.5, 0.65}));
  EXPECT_EQ(part.seconds_left(), 1);
}

// Returns how many units were done.
int run(Patience& patience, int units, int threads) {
  ThreadPool pool(threads);
  PatientWork work(patience, static_cast<std::size_t>(units));
  std::atomic<int> done = 0;
  std::atomic<bool> over = false;
  pool.run(units, [&](int, int worker) {
    if (over) return;
    ++done;
    if (!work.go_on(worker)) over = true;
  });
  work.finish();
  return done;
}

TEST(PatientWork, TellsWhichShareIsDone) {
  UpTo all(2);
  EXPECT_EQ(run(all, 4, 1), 4);
  EXPECT_EQ(all.heard, (std::vector<double>{0.25, 0.5, 0.75, 1}));
}

TEST(PatientWork, AsksOnTheThreadThatBegan) {
  UpTo all(2);
  EXPECT_EQ(run(all, 500, 3), 500);
}

TEST(PatientWork, EndsWhenPatienceDoes) {
  UpTo some(0.7);
  EXPECT_THROW(run(some, 100, 1), OutOfPatience);
  EXPECT_EQ(some.heard.size(), 70U);
}

/// One who fails.
class Failing final : public Patience {
 public:
  [[nodiscard]] bool go_on(double /*done*/) override { throw std::runtime_error("no"); }
  [[nodiscard]] double seconds_left() override { return 1; }
};

TEST(PatientWork, WhatPatienceThrowsComesOutAtTheEnd) {
  Failing failing;
  EXPECT_THROW(run(failing, 10, 2), std::runtime_error);
}

}  // namespace
}  // namespace dipper
