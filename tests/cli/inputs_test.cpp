// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

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

TEST_F(Inputs, MayHaveOnlySoManyPixels) {
  make_picture("in.png", 20, 10);
  make_picture("small.png", 10, 10);
  const std::vector<std::vector<std::string>> commands = {
      {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png"},
      {"flash", "small.png", "in.png", "-o", "out.png"},
      {"denoise", "small.png", "--truth", "in.png", "-o", "out.png"},
      {"damage", "in.png", "--drop", "0.5", "-o", "out.png"},
      {"compare", "small.png", "in.png"},
      {"view", "in.png", "--no-open"}};
  for (std::vector<std::string> words : commands) {
    words.insert(words.end(), {"--max-pixels", "199"});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2) << words.front();
    EXPECT_EQ(outcome.err,
              "dipper: in.png has 20 x 10 pixels; dipper reads 199 at most, or up to 2000 million with --max-pixels\n")
        << words.front();
  }
  EXPECT_EQ(run({"compare", "in.png", "in.png", "--max-pixels", "200"}).code, 0);
  EXPECT_EQ(run({"compare", "in.png", "in.png", "--max-pixels", "0.0002M"}).code, 0);
  EXPECT_EQ(run({"compare", "in.png", "in.png", "--max-pixels", "0.000199M"}).code, 2);
}

TEST_F(Inputs, ALimitIsANumberOfPixels) {
  for (const char* text : {"0", "-5", "2001M", "3G", "M", "5K", "5MM", "nan", "200 M"}) {
    const Outcome outcome = run({"compare", "a.png", "b.png", "--max-pixels", text});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.err, fmt::format("dipper: --max-pixels is \"{}\" but must be a number of pixels from 1 to 2000M, "
                                       "such as 200M\n",
                                       text));
  }
}

}  // namespace
}  // namespace dipper
