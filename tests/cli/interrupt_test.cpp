// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/program.hpp"

namespace dipper {
namespace {

using test::Outcome;
using Json = nlohmann::json;

class Interrupt : public test::ProgramTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }
};

TEST_P(Interrupt, WritesThePictureSoFar) {
  test::Program program(folder_, {"inpaint", "in.png", "--drop", "0.5", "--iterations", "1000000", "--animation",
                                  "a.gif", "-o", "out.png", "--json"});
  for (int wait = 0; wait < 6000 && program.err().find("loss") == std::string::npos; ++wait) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  program.signal(GetParam());
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("stopped in.png after "), std::string::npos) << outcome.err;
  EXPECT_LT(Json::parse(outcome.out).at("iterations"), 1000000);
  EXPECT_EQ(names(), (std::vector<std::string>{"a.gif", "in.png", "out.png", "out.png.checkpoint", "out_damaged.png"}));
  EXPECT_EQ(read_image(file("out.png")).width, 16);
}

// The ref device takes more than a second for an iteration, and a moment after the first one's figures it is in the
// next.
TEST_P(Interrupt, ASecondOneEndsAtOnce) {
  make_picture("in.png", 64, 64);
  test::Program program(folder_, {"inpaint", "in.png", "--drop", "0.5", "--device", "ref", "-o", "out.png"});
  for (int wait = 0; wait < 6000 && program.err().find("loss") == std::string::npos; ++wait) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  program.signal(GetParam());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  program.signal(GetParam());
  EXPECT_EQ(program.wait().code, -GetParam());
  EXPECT_FALSE(std::filesystem::exists(file("out.png")));
}

INSTANTIATE_TEST_SUITE_P(Cli, Interrupt, testing::Values(SIGINT, SIGTERM, SIGUSR1));

}  // namespace
}  // namespace dipper
