// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/program.hpp"

namespace dipper {
namespace {

using test::Outcome;

class Inputs : public test::ProgramTest {};

TEST_F(Inputs, MayComeThroughPipes) {
  make_picture("in.png");
  make_mask("mask.png", 0.5F);
  const Outcome outcome =
      run_in_shell("mkfifo a b; cat in.png > a & cat mask.png > b & \"$0\" inpaint a --mask b -o out.png --method tv");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(run({"compare", "out.png", "in.png"}).code, 0);
}

TEST_F(Inputs, ThatAreNoPicturesAreNamed) {
  make_picture("in.png");
  ASSERT_EQ(run_in_shell("echo nothing > mask.png").code, 0);
  const Outcome outcome = run({"inpaint", "in.png", "--mask", "mask.png", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("mask.png is not a picture"), std::string::npos) << outcome.err;
  EXPECT_NE(run({"inpaint", "none.png", "-o", "out.png"}).err.find("none.png"), std::string::npos);
}

}  // namespace
}  // namespace dipper
