// SPDX-License-Identifier: Apache-2.0
// The program with a device, which it takes by itself: tasks make what they make on the cpu.
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper::test {
namespace {

class OnADevice : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png", 21, 18);
    make_picture("small.png", 11, 10);  // to make more of it
    make_picture("large.png", 34, 33);  // whose smallest maps have more than one pixel
  }
  Outcome expect_success(const std::vector<std::string>& words) {
    Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome;
  }
};

class TasksOnADevice : public OnADevice, public testing::WithParamInterface<std::string> {};

TEST_P(TasksOnADevice, MakeWhatTheyMakeOnTheCpu) {
  std::vector<std::string> words{GetParam(), "in.png", "--method", "fit", "--iterations", "2", "-o"};
  if (GetParam() == "inpaint") words.insert(words.end() - 1, {"--drop", "0.4"});
  if (GetParam() == "upscale") words.insert(words.end() - 1, {"--scale", "2"});
  if (GetParam() == "upscale") words[1] = "small.png";
  if (GetParam() == "flash") words = {"flash", "large.png", "large.png", "--raw", "--iterations", "2", "-o"};
  words.insert(words.end(), {"cpu.png", "--device", "cpu"});
  expect_success(words);
  words.erase(words.end() - 3, words.end());
  words.insert(words.end(), {"cuda.png", "--precision", "f32"});
  EXPECT_NE(expect_success(words).err.find("on cuda (an emulated device, f32)"), std::string::npos);
  EXPECT_GT(psnr(read_image(folder_ / "cuda.png"), read_image(folder_ / "cpu.png")), 40);
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const TaskInfo& task : tasks()) all.push_back(task.name);
  std::erase(all, "deblur");  // fits as upscale does, which takes 20 s here
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, TasksOnADevice, testing::ValuesIn(names()),
                         [](const testing::TestParamInfo<std::string>& task) { return task.param; });

TEST_F(OnADevice, AStoppedFitGoesOn) {
  const std::vector<std::string> fit{"inpaint", "in.png", "--drop", "0.4", "--precision", "tf32", "-o"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), fit.begin(), fit.end());
    return more;
  };
  expect_success(with({"whole.png", "--iterations", "3"}));
  expect_success(with({"part.png", "--iterations", "2", "--checkpoint", "fit.checkpoint"}));
  EXPECT_NE(expect_success(with({"rest.png", "--iterations", "3", "--resume", "fit.checkpoint"})).err.find("2 of them"),
            std::string::npos);
  EXPECT_EQ(read_image(folder_ / "rest.png").samples, read_image(folder_ / "whole.png").samples);
}

TEST_F(OnADevice, AFitThatNeedsMoreMemoryThanAllowedIsRefused) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.4", "--max-memory", "0.001", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("are allowed by --max-memory"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.png"));
}

TEST_F(OnADevice, OneThatIsTooOldIsLeftAlone) {
  const auto run_with = [&](const std::string& words) { return run_in_shell("DIPPER_EMULATED_SM=75 \"$0\" " + words); };
  EXPECT_NE(run_with("info").out.find("an emulated device, 16 GiB: its compute capability is 7.5"), std::string::npos);
  const std::string fit = "inpaint in.png --drop 0.4 --iterations 1 -o out.png";
  const Outcome by_itself = run_with(fit);
  EXPECT_EQ(by_itself.code, 0);
  EXPECT_NE(by_itself.err.find("on cpu"), std::string::npos) << by_itself.err;
  const Outcome asked_for = run_with(fit + " --device cuda");
  EXPECT_EQ(asked_for.code, 2);
  EXPECT_EQ(asked_for.err,
            "dipper: an emulated device cannot be used: its compute capability is 7.5 and 8.0 is needed; use --device "
            "cpu\n");
}

}  // namespace
}  // namespace dipper::test
