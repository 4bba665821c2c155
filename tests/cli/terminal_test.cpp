// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>

#include "cli/program.hpp"
#include "cli/terminal_run.hpp"

namespace dipper {
namespace {

using test::TerminalRun;

class AskedTerminal : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }

  [[nodiscard]] std::vector<std::string> words(int iterations = 1) const {
    return {"inpaint", "in.png",  "--drop",   "0.5", "--iterations", std::to_string(iterations),
            "-o",      "out.png", "--preview"};
  }
};

TEST_F(AskedTerminal, IsLeftAsItWas) {
  for (const char* answer : {"", "\x1b[?62;4c", "\x1b[?62", "\x1b_Gi=31;OK\x1b\\\x1b[?62c"}) {
    const TerminalRun::End end = TerminalRun(folder_, words(), {.answer = answer}).wait();
    EXPECT_EQ(end.code, 0) << end.shown;
    EXPECT_TRUE(end.is_as_it_was);
    EXPECT_EQ(end.typed, "");
  }
}

TEST_F(AskedTerminal, KeepsWhatIsTypedBehindTheAnswer) {
  const TerminalRun::End end = TerminalRun(folder_, words(), {.answer = "\x1b[?62;4cls\n"}).wait();
  EXPECT_NE(end.shown.find("\x1bP"), std::string::npos);
  EXPECT_EQ(end.typed, "ls\n");
}

// Reading the answer would swallow it.
TEST_F(AskedTerminal, IsNotAskedWhenSomethingWasTypedBefore) {
  for (const char* typed : {"ls\n", "l"}) {
    const TerminalRun::End end = TerminalRun(folder_, words(), {.answer = "\x1b[?62;4c", .typed = typed}).wait();
    EXPECT_EQ(end.shown.find("\x1b[c"), std::string::npos);
    EXPECT_NE(end.shown.find("\u2580"), std::string::npos);
    EXPECT_EQ(end.typed, typed);
    EXPECT_TRUE(end.is_as_it_was);
  }
}

TEST_F(AskedTerminal, HearsCtrlCWhileItIsAsked) {
  TerminalRun run(folder_, words(1000000), {.environment = {"TERM=xterm", "SSH_CONNECTION=far"}});
  ASSERT_TRUE(run.wait_for("\x1b[c"));
  run.type("\x03");
  const TerminalRun::End end = run.wait();
  EXPECT_EQ(end.code, -SIGINT);
  EXPECT_TRUE(end.is_as_it_was);
}

TEST_F(AskedTerminal, IsNotAskedWhenTheProgramComesFromElsewhere) {
  const TerminalRun::End end = TerminalRun(folder_, words(), {.answer = "\x1b[?62;4c", .is_own = false}).wait();
  EXPECT_EQ(end.shown.find("\x1b[c"), std::string::npos);
  EXPECT_NE(end.shown.find("\u2580"), std::string::npos);
}

}  // namespace
}  // namespace dipper
