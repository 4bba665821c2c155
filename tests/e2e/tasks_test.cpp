// SPDX-License-Identifier: Apache-2.0
// Every task by the real program: the example that its help prints works as printed, and so do its methods.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper::test {
namespace {

Image rings(int side, int channels) {
  Image image(side, side, channels);
  for (int c = 0; c < channels; ++c) {
    for (int i = 0; i < side; ++i) {
      for (int j = 0; j < side; ++j) {
        image.plane(c)[static_cast<std::size_t>(i) * side + j] =
            static_cast<float>(0.5 + 0.4 * std::cos(0.02 * (i * i + j * j) / (c + 1)));
      }
    }
  }
  return image;
}

class Tasks : public ProgramTest {
 protected:
  /// Makes a picture under each name of a file that a command line reads: the ones before -o, and masks.
  void make_inputs(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].find('.') == std::string::npos || (i > 0 && words[i - 1] == "-o")) continue;
      if (!words[i].ends_with(".png") && !words[i].ends_with(".jpg")) continue;  // a number
      const bool is_mask = i > 0 && words[i - 1] == "--mask";
      Image image = rings(40, 3);
      if (is_mask) {
        image = Image(40, 40, 1);
        std::fill_n(image.samples.begin() + 400, 200, 1.0F);
      }
      write_image(folder_ / words[i], image);
    }
  }
};

TEST_F(Tasks, ExamplesOfHelpWorkAsPrinted) {
  for (const TaskInfo& task : tasks()) {
    SCOPED_TRACE(task.example);
    EXPECT_NE(run({task.name, "--help"}).out.find("Example: " + task.example), std::string::npos);
    std::istringstream text(task.example);
    std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
    ASSERT_EQ(words.front(), "dipper");
    words.erase(words.begin());
    make_inputs(words);
    // As printed, but for the time that it takes.
    words.insert(words.end(), {"--iterations", "2"});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const auto output = std::find(words.begin(), words.end(), "-o") + 1;
    EXPECT_EQ(read_image(folder_ / *output).width, task.name == "upscale" ? 160 : 40);
  }
}

TEST_F(Tasks, MethodsNeedNoNetwork) {
  write_image(folder_ / "in.png", rings(40, 3));
  for (const TaskInfo& task : tasks()) {
    for (const MethodInfo& method : task.methods) {
      SCOPED_TRACE(task.name + " " + method.name);
      std::vector<std::string> words{task.name, "in.png", "-o", "out.png", "--method", method.name};
      if (task.name == "deblur") words.insert(words.end(), {"--gaussian", "1"});
      if (task.name == "inpaint") words.insert(words.end(), {"--drop", "0.4"});
      if (task.name == "flash") words.insert(words.begin() + 2, "in.png");
      const Outcome outcome = run(words);
      EXPECT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_NE(outcome.err.find("(method " + method.name + ")"), std::string::npos);
    }
  }
}

TEST_F(Tasks, EachHasTheMethodFit) {
  write_image(folder_ / "in.png", rings(40, 3));
  for (const TaskInfo& task : tasks()) {
    std::vector<std::string> words{task.name, "in.png", "-o", "out.png", "--method", "fit", "--iterations", "1"};
    if (task.name == "inpaint") words.insert(words.end(), {"--drop", "0.4"});
    if (task.name == "deblur") words.insert(words.end(), {"--gaussian", "1"});
    if (task.name == "flash") words.insert(words.begin() + 2, "in.png");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
}

TEST_F(Tasks, MethodsRefuseWhatOnlyAFitHeeds) {
  write_image(folder_ / "in.png", rings(40, 3));
  const std::vector<std::vector<std::string>> of_fits{
      {"--recipe", "quick"},       {"--set", "tv=1"},       {"--iterations", "9"},
      {"--device", "cpu"},         {"--every", "5"},        {"--explain"},
      {"--checkpoint-every", "5"}, {"--precision", "bf16"}, {"--uncertainty", "map.png"}};
  for (const std::vector<std::string>& words : of_fits) {
    std::vector<std::string> command{"denoise", "in.png", "-o", "out.png", "--method", "tv"};
    command.insert(command.end(), words.begin(), words.end());
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.code, 2) << words[0];
    EXPECT_EQ(outcome.err,
              "dipper: method tv fits nothing, so " + words[0] + " has no effect; leave one of the two out\n");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out.png"));
  }
  EXPECT_EQ(run({"denoise", "in.png", "-o", "out.png", "--method", "tv", "--threads", "2", "--seed", "7"}).code, 0);
}

TEST_F(Tasks, SayWhatIsWrongInOneSentence) {
  write_image(folder_ / "in.png", rings(40, 3));
  write_image(folder_ / "other.png", rings(41, 3));
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes{
      {{"upscale", "in.png", "--scale", "1", "-o", "out.png"},
       "dipper: --scale is \"1\" but must be a whole number from 2 to 8\n"},
      {{"flash", "in.png", "other.png", "-o", "out.png"},
       "dipper: the picture with flash is 41x41 but the one without is 40x40; align them and make them one size\n"},
      {{"deblur", "in.png", "-o", "out.png"},
       "dipper: say how the picture is blurred with exactly one of --gaussian, --motion and --kernel\n"},
      {{"denoise", "in.png", "--noise", "salt", "-o", "out.png"},
       "dipper: --noise is \"salt\" but must be gaussian or poisson\n"},
      {{"denoise", "in.png", "--method", "median", "-o", "out.png"},
       "dipper: denoise has no method \"median\"; it has fit, bm3d, tv\n"},
      {{"flash", "in.png", "in.png", "--method", "bm3d", "-o", "out.png"},
       "dipper: flash has no method \"bm3d\"; it has fit, guided, guided-bm3d\n"},
      {{"flash", "in.png", "in.png", "--recipe", "small", "-o", "out.png"},
       "dipper: this recipe would not look at the second picture (input.kind is \"uniform\"); choose "
       "flash-balanced or paper-flash with --recipe\n"},
      {{"denoise", "in.png", "-o", ""}, "dipper: --output is empty; give it a value\n"},
      {{"inpaint", "in.png", "--drop", "0.5", "--recipe", "paper-flash", "-o", "out.png"},
       "dipper: this recipe starts from a second picture (input.kind is \"picture\"), which only flash has\n"},
  };
  for (const auto& [words, sentence] : mistakes) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2) << sentence;
    EXPECT_EQ(outcome.err, sentence);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out.png"));
  }
}

}  // namespace
}  // namespace dipper::test
