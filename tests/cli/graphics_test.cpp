// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/terminal_run.hpp"

namespace dipper {
namespace {

using test::Terminal;
using test::TerminalRun;

constexpr const char* kitty_and_more = "\x1b_Gi=31;OK\x1b\\\x1b[?62;4;22c";

class Graphics : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }

  // How the pictures of a short run are drawn: the terminal's environment and answer, and the option's value.
  std::string drawn(std::vector<std::string> environment, const std::string& answer, const std::string& how = "auto") {
    if (environment.empty() || !environment.front().starts_with("TERM=")) environment.emplace_back("TERM=xterm");
    Terminal terminal{.environment = std::move(environment), .answer = answer};
    shown =
        TerminalRun(folder_,
                    {"inpaint", "in.png", "--drop", "0.5", "--iterations", "1", "-o", "out.png", "--preview=" + how},
                    terminal)
            .wait()
            .shown;
    std::string found;
    if (shown.find("\x1b_Ga=T") != std::string::npos) found += "kitty";
    if (shown.find("\x1bP") != std::string::npos) found += "sixel";
    if (shown.find("\u2580") != std::string::npos) found += "blocks";
    return found + (shown.find("\x1b[c") != std::string::npos ? ", asked" : "");
  }

  std::string shown;
};

TEST_F(Graphics, TheEnvironmentTells) {
  EXPECT_EQ(drawn({"KITTY_WINDOW_ID=1"}, ""), "kitty");
  EXPECT_EQ(drawn({"TERM=xterm-kitty"}, ""), "kitty");
  EXPECT_EQ(drawn({"TERM=foot-extra"}, ""), "sixel");
  EXPECT_EQ(drawn({"TERM=linux"}, kitty_and_more), "blocks");
  EXPECT_EQ(drawn({"TERM_PROGRAM=WezTerm"}, ""), "kitty");
  EXPECT_EQ(drawn({"TERM_PROGRAM=ghostty"}, ""), "kitty");
  EXPECT_EQ(drawn({"TERM_PROGRAM=Apple_Terminal"}, kitty_and_more), "blocks");
}

TEST_F(Graphics, MultiplexersShowBlocks) {
  EXPECT_EQ(drawn({"TERM=screen-256color", "KITTY_WINDOW_ID=1"}, kitty_and_more), "blocks");
  for (const char* sign : {"TMUX=/tmp/tmux-0/default,1,0", "STY=1.pts-0", "ZELLIJ=0"}) {
    EXPECT_EQ(drawn({sign, "KITTY_WINDOW_ID=1"}, kitty_and_more), "blocks") << sign;
  }
}

TEST_F(Graphics, ElseTheTerminalTells) {
  EXPECT_EQ(drawn({}, kitty_and_more), "kitty, asked");
  EXPECT_EQ(drawn({}, "\x1b[?62;4;22c"), "sixel, asked");
  EXPECT_EQ(drawn({}, "\x1b[?63;1;2;4c"), "sixel, asked");
  EXPECT_EQ(drawn({}, "\x1b[?64;1;44c"), "blocks, asked");
  EXPECT_EQ(drawn({}, "\x1b[?4c"), "blocks, asked");  // a VT132
  EXPECT_EQ(drawn({}, ""), "blocks, asked");
}

TEST_F(Graphics, WhatIsAskedForIsDrawn) {
  EXPECT_EQ(drawn({}, "", "kitty"), "kitty");
  EXPECT_EQ(drawn({"KITTY_WINDOW_ID=1"}, "", "sixel"), "sixel");
  EXPECT_EQ(drawn({"KITTY_WINDOW_ID=1"}, "", "blocks"), "blocks");
}

TEST_F(Graphics, ColoursAreThoseThatAreSurelyThere) {
  EXPECT_EQ(drawn({"COLORTERM=truecolor"}, "", "blocks"), "blocks");
  EXPECT_NE(shown.find("\x1b[38;2;"), std::string::npos);
  EXPECT_EQ(drawn({}, "", "blocks"), "blocks");
  EXPECT_EQ(shown.find("\x1b[38;2;"), std::string::npos);
  EXPECT_NE(shown.find("\x1b[38;5;"), std::string::npos);
}

}  // namespace
}  // namespace dipper
