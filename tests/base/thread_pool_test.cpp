// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace dipper {
namespace {

TEST(ThreadPool, RunsEveryTaskOnce) {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (const int tasks : {0, 1, 2, 5, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
      pool.run(tasks, [&](int number, int worker) {
        ++runs[static_cast<std::size_t>(number)];
        EXPECT_GE(worker, 0);
        EXPECT_LT(worker, threads);
      });
      for (const auto& count : runs) EXPECT_EQ(count, 1);
    }
  }
}

// A worker's scratch memory is its own for the length of a task.
TEST(ThreadPool, NoTwoTasksShareAWorkerAtOneTime) {
  ThreadPool pool(4);
  std::vector<std::atomic<bool>> taken(4);
  for (int round = 0; round < 200; ++round) {
    pool.run(32, [&](int /*number*/, int worker) {
      EXPECT_FALSE(taken[static_cast<std::size_t>(worker)].exchange(true));
      taken[static_cast<std::size_t>(worker)] = false;
    });
  }
}

// By run(), when nobody works on what belongs to its caller any more; the pool serves on.
TEST(ThreadPool, WhatATaskThrowsIsThrown) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    for (const int bad : {0, 7, 19}) {
      try {
        pool.run(20, [bad](int number, int /*worker*/) {
          if (number >= bad) throw std::runtime_error("too many");
        });
        ADD_FAILURE();
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "too many");
      }
      std::atomic<int> sum{0};
      pool.run(50, [&](int number, int /*worker*/) { sum += number; });
      EXPECT_EQ(sum, 1225);
    }
  }
}

TEST(ThreadPool, WakesHelpersThatSleep) {
  ThreadPool pool(3);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::atomic<int> sum{0};
    pool.run(50, [&](int number, int /*worker*/) { sum += number; });
    EXPECT_EQ(sum, 1225);
  }
}

// More threads than cores, and work for a few of them: most come when a round is over, or in the next one.
TEST(ThreadPool, WorksWithoutThoseThatComeLate) {
  ThreadPool pool(24);
  for (int round = 0; round < 5000; ++round) {
    const int tasks = 2 + round % 3;
    std::vector<int> runs(static_cast<std::size_t>(tasks), 0);  // of this round: a straggler would write elsewhere
    pool.run(tasks, [&](int number, int /*worker*/) { ++runs[static_cast<std::size_t>(number)]; });
    ASSERT_EQ(runs, std::vector<int>(static_cast<std::size_t>(tasks), 1));
  }
}

TEST(ThreadPool, EndsWhileItsThreadsStillWake) {
  for (int round = 0; round < 200; ++round) {
    ThreadPool pool(4);
    std::atomic<int> sum{0};
    pool.run(3, [&](int number, int /*worker*/) { sum += number; });
    EXPECT_EQ(sum, 3);
  }
}

TEST(ThreadPool, SeesWhatWasWrittenBeforeAndShowsWhatTasksWrote) {
  ThreadPool pool(2);
  std::vector<int> values(64, 0);
  for (int round = 1; round <= 2000; ++round) {
    pool.run(64, [&](int number, int /*worker*/) { ++values[static_cast<std::size_t>(number)]; });
  }
  for (const int value : values) EXPECT_EQ(value, 2000);
}

}  // namespace
}  // namespace dipper
