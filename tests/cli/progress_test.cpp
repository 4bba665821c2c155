// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program.hpp"

namespace dipper {
namespace {

using test::lines;
using test::Outcome;
using Json = nlohmann::json;

class ProgressReport : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }
};

TEST_F(ProgressReport, StdoutStaysEmptyAndStderrSumsUp) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_GE(err.size(), 3U);
  EXPECT_TRUE(err.front().starts_with("inpaint in.png 16x12 RGB: recipe quick, 2 iterations, about ")) << err.front();
  EXPECT_TRUE(err.back().starts_with("restored in.png in ")) << err.back();
  EXPECT_NE(err.back().find("(2 iterations), PSNR "), std::string::npos) << err.back();
  EXPECT_TRUE(err.back().ends_with(" -> out.png")) << err.back();
}

TEST_F(ProgressReport, QuietSaysNothing) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--quiet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(ProgressReport, WithoutProgressOnlyTheSumRemains) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--progress", "none"});
  ASSERT_EQ(lines(outcome.err).size(), 1U) << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("restored in.png"));
}

TEST_F(ProgressReport, ProgressForProgramsIsJsonOnEveryLine) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "3", "-o", "out.png", "--progress", "json"});
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_GE(err.size(), 4U) << outcome.err;
  const Json first = Json::parse(err.front());
  EXPECT_EQ(first.at("event"), "start");
  EXPECT_EQ(first.at("iterations"), 3);
  EXPECT_GT(first.at("planned_bytes"), 1'000'000);
  const Json last = Json::parse(err[err.size() - 2]);
  EXPECT_EQ(last.at("event"), "progress");
  EXPECT_EQ(last.at("iteration"), 3);
  EXPECT_TRUE(last.at("loss").is_number());
  EXPECT_TRUE(last.at("psnr").is_number());
  EXPECT_EQ(Json::parse(err.back()).at("event"), "done");
}

TEST_F(ProgressReport, ALineForTerminalsIsRedrawn) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--progress", "line"});
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_EQ(err.size(), 3U) << outcome.err;
  EXPECT_TRUE(err[1].starts_with("\r\x1b[K1/2  loss ")) << err[1];
  EXPECT_NE(err[1].find("\r\x1b[K2/2  loss "), std::string::npos) << err[1];
}

}  // namespace
}  // namespace dipper
