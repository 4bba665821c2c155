// SPDX-License-Identifier: Apache-2.0
// What runs beside the iterations tells how far it is, and hears whoever wants to stop.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "cli/program.hpp"

namespace dipper::test {
namespace {

using Clock = std::chrono::steady_clock;

class Interrupts : public ProgramTest {
 protected:
  // Long enough for a signal, and for somebody who waits.
  static constexpr int side = 768;

  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png", side, side);
  }

  // What becomes of it when it is interrupted, by `signal`, after that time.
  Outcome interrupted(const std::vector<std::string>& words, int signal) {
    Program program(folder_, words);
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    program.signal(signal);
    const Clock::time_point asked = Clock::now();
    Outcome outcome = program.wait();
    waited = std::chrono::duration<double>(Clock::now() - asked).count();
    return outcome;
  }

  double waited = 0;
};

TEST_F(Interrupts, AnInterruptedMethodSaysThatItHasNothing) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Outcome outcome = interrupted(
        {"denoise", "in.png", "--sigma", "25", "--method", "bm3d", "--threads", "1", "-o", "out.png"}, signal);
    EXPECT_EQ(outcome.code, 130);
    EXPECT_NE(outcome.err.find("stopped before method bm3d had a picture, so nothing is written"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(names(), (std::vector<std::string>{"in.png"}));
    EXPECT_LT(waited, 5);
  }
}

TEST_F(Interrupts, AFitThatWaitsForItsClassicalMethodHearsToo) {
  const Outcome outcome =
      interrupted({"denoise", "in.png", "--sigma", "25", "--threads", "1", "-o", "out.png"}, SIGINT);
  EXPECT_EQ(outcome.code, 130);
  EXPECT_NE(outcome.err.find("stopped before there was a picture, so nothing is written"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(names(), (std::vector<std::string>{"in.png"}));
}

TEST_F(Interrupts, AMethodTellsHowFarItIs) {
  Program program(folder_, {"denoise", "in.png", "--sigma", "25", "--method", "bm3d", "--threads", "1", "--progress",
                            "json", "-o", "out.png"});
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  program.signal(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_NE(outcome.err.find(R"("event":"stage")"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(R"("stage":"bm3d")"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace dipper::test
