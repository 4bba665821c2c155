// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/program.hpp"

namespace dipper {
namespace {

class Clashes : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }

  void expect_refused(const std::vector<std::string>& arguments, const std::string& why) const {
    const std::vector<std::string> before = names();
    const test::Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    EXPECT_EQ(names(), before);
  }
};

TEST_F(Clashes, OneFileByAnyNameIsFound) {
  std::filesystem::create_hard_link(file("in.png"), file("hard.png"));
  std::filesystem::create_symlink("in.png", file("soft.png"));
  std::filesystem::create_directory(file("folder"));
  for (const char* name : {"in.png", "./in.png", "folder/../in.png", "hard.png", "soft.png"}) {
    expect_refused({"damage", "in.png", "--noise", "9", "-o", name}, "--output would overwrite the original in.png");
    expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", name}, "--output would overwrite the original in.png");
  }
}

TEST_F(Clashes, OutputsThatDoNotExistYetClashToo) {
  expect_refused({"damage", "in.png", "--drop", "0.5", "-o", "out.png", "--mask", "./out.png"},
                 "--output and --mask are both ./out.png; name two files");
}

TEST_F(Clashes, ALinkToWhatIsNotThereYetIsThatFile) {
  std::filesystem::create_symlink("new.png", file("link.png"));
  expect_refused({"damage", "in.png", "--drop", "0.5", "-o", "new.png", "--mask", "link.png"},
                 "--output and --mask are both link.png; name two files");
}

TEST_F(Clashes, APipeIsNoOtherFile) {
  for (const char* task : {"damage /dev/stdin --noise 9", "denoise /dev/stdin --method tv"}) {
    const test::Outcome outcome = run_in_shell("cat in.png | \"$0\" " + std::string(task) + " -o out.png");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(std::filesystem::remove(file("out.png"))) << task;
  }
}

}  // namespace
}  // namespace dipper
