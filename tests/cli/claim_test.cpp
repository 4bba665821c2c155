// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "cli/program.hpp"

namespace dipper {
namespace {

using test::Outcome;
using test::Program;
using Words = std::vector<std::string>;

class Claims : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }

  [[nodiscard]] static Words command(const std::string& output, const char* iterations = "1") {
    return {"inpaint", "in.png", "--drop", "0.5", "--iterations", iterations, "-o", output};
  }

  [[nodiscard]] Program started(const std::string& output) const {
    Program program(folder_, command(output, "1000000"));
    for (int wait = 0; wait < 6000 && program.err().find("loss") == std::string::npos; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return program;
  }
};

TEST_F(Claims, ASecondRunOnAnOutputIsRefused) {
  Program first = started("out.png");
  const Outcome second = run(command("./out.png"));
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("another run of dipper writes ./out.png just now"), std::string::npos) << second.err;
  ASSERT_EQ(run_in_shell("ln -s out.png link.png").code, 0);
  EXPECT_EQ(run(command("link.png")).code, 2);
  Program other = started("other.png");
  first.signal(SIGINT);
  other.signal(SIGINT);
  EXPECT_EQ(first.wait().code, 130);
  EXPECT_EQ(other.wait().code, 130);
}

TEST_F(Claims, GoHoweverARunEnds) {
  Program killed = started("out.png");
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait().code, -SIGKILL);
  EXPECT_EQ(run(command("out.png")).code, 0);
}

TEST_F(Claims, HoldForACheckpointThatTwoRunsShare) {
  Program first = started("out.png");
  Words words = command("elsewhere.png");
  words.insert(words.end(), {"--checkpoint", "out.png.checkpoint"});
  EXPECT_EQ(run(words).code, 2);
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().code, 130);
}

}  // namespace
}  // namespace dipper
