// SPDX-License-Identifier: Apache-2.0
// Fits that are killed on the way end as if nobody had.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "base/files.hpp"
#include "base/philox.hpp"
#include "cli/program.hpp"

namespace dipper::test {
namespace {

class KilledFit : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png", 32, 32);
  }

  [[nodiscard]] bool has_checkpoint() const {
    return std::filesystem::exists(file("out.png.checkpoint")) || std::filesystem::exists(file("out.png.checkpoint.1"));
  }

  /// The command; it goes on where there is a checkpoint.
  [[nodiscard]] std::vector<std::string> command(const char* threads) const {
    std::vector<std::string> words{"inpaint",
                                   "in.png",
                                   "--drop",
                                   "0.5",
                                   "-o",
                                   "out.png",
                                   "--iterations",
                                   "60",
                                   "--progress",
                                   "json",
                                   "--every",
                                   "1",
                                   "--recipe",
                                   "small",
                                   "--set",
                                   "skip.down=4,4",
                                   "--set",
                                   "skip.up=4",
                                   "--set",
                                   "average=0.9",
                                   "--threads",
                                   threads,
                                   "--checkpoint-every",
                                   "0"};
    if (has_checkpoint()) words.insert(words.end(), {"--resume", "out.png.checkpoint"});
    return words;
  }

  /// Waits until it has told so many lines, one for each iteration, or has written its result.
  void wait_for(const Program& program, int count) const {
    using std::chrono::microseconds;
    for (int n = 0; n < 100'000 && static_cast<int>(lines(program.err()).size()) < count; ++n) {
      if (std::filesystem::exists(file("out.png"))) return;
      std::this_thread::sleep_for(microseconds(200));
    }
  }
};

TEST_F(KilledFit, AKilledFitEndsWithTheSameBytes) {
  ASSERT_EQ(run(command("1")).code, 0);
  const std::vector<std::byte> expected = read_file(file("out.png"));
  const Philox random{7, Stream::drop};
  int killed = 0;
  for (std::uint64_t trial = 0; trial < 8; ++trial) {
    std::filesystem::remove(file("out.png"));
    for (std::uint64_t kill = 0; kill < 2; ++kill) {
      Program program(folder_, command("3"));
      wait_for(program, 1 + random.below(kill == 0 ? 30 : 60, trial, kill));
      program.signal(SIGKILL);
      const int code = program.wait().code;
      killed += code == -SIGKILL ? 1 : 0;
      if (code == 0) break;
    }
    if (!std::filesystem::exists(file("out.png")) || has_checkpoint()) {
      const Outcome last = run(command("1"));
      ASSERT_EQ(last.code, 0) << last.err;
    }
    ASSERT_EQ(read_file(file("out.png")), expected) << trial;
    ASSERT_FALSE(has_checkpoint());
  }
  EXPECT_GT(killed, 4);
}

}  // namespace
}  // namespace dipper::test
