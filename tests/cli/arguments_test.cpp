// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program.hpp"

namespace dipper {
namespace {

using test::Outcome;
using Json = nlohmann::json;

class Arguments : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }
};

TEST_F(Arguments, LongShortAndWithEqualsSign) {
  const Outcome outcome = run({"inpaint", "--output=out.png", "--iterations=2", "--drop=0.5", "in.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out).at("iterations"), 2);
  EXPECT_EQ(run({"inpaint", "-o", "out.png", "--iterations", "2", "--drop", "0.5", "--", "in.png"}).code, 0);
}

TEST_F(Arguments, RepeatedOptionsTakeOneValueEach) {
  const Outcome outcome = run({"inpaint", "--drop", "0.5", "-o", "out.png", "--set", "adam.rate=0.01", "--set",
                               "iterations=3", "in.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out).at("iterations"), 3);
}

TEST_F(Arguments, NumbersHaveNoUnits) {
  const Outcome outcome = run({"compare", "in.png", "in.png", "--crop", "1px"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "dipper: --crop is \"1px\" but must be a whole number from 0 to 2147483647\n");
}

}  // namespace
}  // namespace dipper
