// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "dipper/error.hpp"

namespace dipper {
namespace {

const std::vector<std::string> names{"quick", "seed-deconv", "seed-pixel-shuffle"};

TEST(Nearest, FindsTheFewestEdits) {
  EXPECT_EQ(nearest("quik", names), "quick");
  EXPECT_EQ(nearest("quick", names), "quick");
  EXPECT_EQ(nearest("seed-decnov", names), "seed-deconv");
  EXPECT_EQ(nearest("seedpixelshuffle", names), "seed-pixel-shuffle");
}

TEST(Nearest, AForeignWordHasNone) {
  EXPECT_EQ(nearest("zzzzzzzzzz", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest("quick", {}), "");
}

TEST(Nearest, AShortWordIsNotNearEveryOther) {
  const std::vector<std::string> keys{"tv", "loss", "adam.rate", "--set", "--seed"};
  EXPECT_EQ(nearest("lr", keys), "");
  EXPECT_EQ(nearest("t", keys), "");
  EXPECT_EQ(nearest("-x", keys), "");
  EXPECT_EQ(nearest("--method", keys), "");
  EXPECT_EQ(nearest("tw", keys), "tv");
  EXPECT_EQ(nearest("los", keys), "loss");
  EXPECT_EQ(nearest("--sed", keys), "--set");
  EXPECT_EQ(nearest("adm.raet", keys), "adam.rate");
  EXPECT_EQ(nearest("lsos", keys), "loss");  // two letters exchanged are one edit
  EXPECT_EQ(nearest("lsso", keys), "");
}

TEST(DidYouMean, IsAHalfSentenceOrNothing) {
  EXPECT_EQ(did_you_mean("quikc", names), " (did you mean quick?)");
  EXPECT_EQ(did_you_mean("zzzzzzzzzz", names), "");
}

TEST(CountOf, OneIsNoPlural) {
  EXPECT_EQ(count_of(1, "iteration"), "1 iteration");
  EXPECT_EQ(count_of(0, "iteration"), "0 iterations");
  EXPECT_EQ(count_of(21, "iteration"), "21 iterations");
}

TEST(ParseNumber, TakesTheWholeText) {
  EXPECT_EQ(parse_number("0.5", "p", 0, 1), 0.5);
  EXPECT_EQ(parse_number("1e-4", "rate", 0, 1), 1e-4);
  EXPECT_EQ(parse_number("-3", "x", -10, 10), -3);
  EXPECT_EQ(parse_number("0", "p", 0, 1), 0);
  EXPECT_EQ(parse_number("1", "p", 0, 1), 1);
  for (const char* text : {"", " 1", "1 ", "0.5x", "x", "nan", "1.1", "-0.1", "1,5", "--1", "inf"}) {
    EXPECT_THROW(static_cast<void>(parse_number(text, "p", 0, 1)), Error) << text;
  }
}

TEST(ParseInteger, TakesTheWholeText) {
  EXPECT_EQ(parse_integer("12", "n", 0, 100), 12);
  EXPECT_EQ(parse_integer("-2147483648", "n", std::numeric_limits<int>::min(), 0), std::numeric_limits<int>::min());
  for (const char* text : {"", "1.5", "101", "-1", "1e2", "99999999999999999999", "0x10", "nan"}) {
    EXPECT_THROW(static_cast<void>(parse_integer(text, "n", 0, 100)), Error) << text;
  }
}

TEST(Parse, TheErrorNamesWhatAndTheRange) {
  try {
    static_cast<void>(parse_integer("many", "--threads", 1, 64));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "--threads is \"many\" but must be a whole number from 1 to 64");
  }
}

TEST(CommandLine, IsQuotedWhereAShellNeedsIt) {
  EXPECT_EQ(command_line({"dipper", "a-b_c/d.png", "--set=x,1"}), "dipper a-b_c/d.png --set=x,1");
  EXPECT_EQ(command_line({"", "a b", "it's", "$x"}), R"('' 'a b' 'it'\''s' '$x')");
}

}  // namespace
}  // namespace dipper
