// SPDX-License-Identifier: Apache-2.0
// What a fit says that it will take of the memory, and what it took.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/program.hpp"

namespace dipper::test {
namespace {

class PlannedMemory : public ProgramTest {
 protected:
  void SetUp() override {
    if (!std::string(DIPPER_SANITIZE).empty()) GTEST_SKIP() << "a sanitizer takes memory of its own";
    ProgramTest::SetUp();
    make_picture("in.png", 192, 192);
  }

  void expect_near_the_peak(std::vector<std::string> words) {
    words.insert(words.end(),
                 {"--iterations", "2", "--device", "cpu", "--progress", "json", "--json", "-o", "out.png"});
    const Outcome outcome = run(words);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    double planned = 0;
    for (const std::string& line : lines(outcome.err)) {
      if (line.find("planned_bytes") != std::string::npos) planned = Json::parse(line).at("planned_bytes");
    }
    const double peak = Json::parse(outcome.out).at("peak_bytes");
    EXPECT_NEAR(planned / peak, 1, 0.15) << planned << " planned, " << peak << " taken";
  }
};

TEST_F(PlannedMemory, IsThatOfEveryNetwork) {
  for (const char* network :
       {"hourglass-shuffle", "hourglass-deconv", "skip", "unet", "resnet", "texture", "decoder"}) {
    SCOPED_TRACE(network);
    expect_near_the_peak(
        {"inpaint", "in.png", "--drop", "0.5", "--recipe", "small", "--set", std::string("network=") + network});
  }
}

TEST_F(PlannedMemory, IsThatOfEveryTaskAsItComes) {
  expect_near_the_peak({"inpaint", "in.png", "--drop", "0.5"});
  expect_near_the_peak({"upscale", "in.png", "--scale", "4"});
  expect_near_the_peak({"dejpeg", "in.png"});
  expect_near_the_peak({"deblur", "in.png", "--gaussian", "1.6"});
}

}  // namespace
}  // namespace dipper::test
