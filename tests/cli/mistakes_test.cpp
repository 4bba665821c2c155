// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/files.hpp"
#include "cli/program.hpp"

namespace dipper {
namespace {

struct Mistake {
  const char* name;
  std::vector<std::string> arguments;
  std::vector<std::string> sentence;  // parts of it
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
  return out << mistake.name;
}

class Mistakes : public test::ProgramTest, public testing::WithParamInterface<Mistake> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
    Image image(16, 12, 3, 0.5F);
    image.sample = SampleType::f32;
    write_image(file("in.tif"), image);
    image.samples[70] = std::numeric_limits<float>::quiet_NaN();
    write_image(file("nan.tif"), image);
    make_mask("white.png", 1);
    make_mask("black.png", 0);
    make_mask("large.png", 1, 20, 20);
    std::ofstream(file("text.png")) << "no picture";
    std::ofstream(file("empty.png")).flush();
    const std::vector<std::byte> bytes = read_file(file("in.png"));
    std::ofstream(file("cut.png")).write(reinterpret_cast<const char*>(bytes.data()), bytes.size() / 2);
    std::filesystem::create_directory(file("folder"));
  }
};

// One sentence, exit code 2, and nothing written.
TEST_P(Mistakes, GetOneSentence) {
  const std::vector<std::string> before = names();
  const test::Outcome outcome = run(GetParam().arguments);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(test::lines(outcome.err).size(), 1U) << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("dipper: ")) << outcome.err;
  for (const std::string& part : GetParam().sentence) {
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err << "lacks \"" << part << '"';
  }
  EXPECT_EQ(names(), before);
}

const std::vector<Mistake> mistakes = {
    {"NoSuchFile", {"inpaint", "none.png", "--drop", "0.5", "-o", "out.png"}, {"no file none.png"}},
    {"AFolder", {"inpaint", "folder", "--drop", "0.5", "-o", "out.png"}, {"folder is a folder"}},
    {"NotAPicture", {"inpaint", "text.png", "--drop", "0.5", "-o", "out.png"}, {"text.png is not a picture", "PNG"}},
    {"EmptyFile", {"inpaint", "empty.png", "--drop", "0.5", "-o", "out.png"}, {"empty.png is empty"}},
    {"Truncated", {"inpaint", "cut.png", "--drop", "0.5", "-o", "out.png"}, {"cut.png", "truncated"}},
    {"TruncatedMask", {"inpaint", "in.png", "--mask", "cut.png", "-o", "out.png"}, {"cut.png", "truncated"}},
    {"MaskOfAnotherSize", {"inpaint", "in.png", "--mask", "large.png", "-o", "out.png"}, {"20x20", "16x12"}},
    {"NothingMissing", {"inpaint", "in.png", "--mask", "black.png", "-o", "out.png"}, {"nothing is missing"}},
    {"EverythingMissing", {"inpaint", "in.png", "--mask", "white.png", "-o", "out.png"}, {"everything is missing"}},
    {"NothingSaid", {"inpaint", "in.png", "-o", "out.png"}, {"--mask", "--missing", "--drop"}},
    {"UnknownRecipe",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--recipe", "quik"},
     {"no recipe", "quik", "did you mean quick?"}},
    {"UnknownKey",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--set", "adam.rat=1"},
     {"adam.rat", "did you mean adam.rate?"}},
    {"KeyWithoutValue",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--set", "adam.rate"},
     {"--set needs key=value", "adam.rate"}},
    {"BadValue",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--set", "adam.rate=x"},
     {"adam.rate", "\"x\""}},
    {"UnknownDevice",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--device", "rev"},
     {"no device", "did you mean ref?"}},
    {"UnknownPrecision",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--device", "cpu", "--precision", "f23"},
     {"no precision", "did you mean f32?"}},
    {"PrecisionOfAnotherDevice",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--device", "cpu", "--precision", "bf16"},
     {"--precision bf16 has no effect", "--device cuda"}},
    {"BadShare", {"inpaint", "in.png", "--drop", "2", "-o", "out.png"}, {"--drop", "\"2\"", "from 0 to 1"}},
    {"TruthOfAnotherSize",
     {"inpaint", "in.png", "--drop", "0.5", "--truth", "large.png", "-o", "out.png"},
     {"truth", "20x20"}},
    {"NoInput", {"inpaint", "-o", "out.png"}, {"dipper inpaint needs IN"}},
    {"NoOutput", {"inpaint", "in.png", "--drop", "0.5"}, {"dipper inpaint needs --output"}},
    {"TwoInputs", {"inpaint", "in.png", "white.png", "-o", "out.png"}, {"what to do with white.png"}},
    {"NoFolder", {"inpaint", "in.png", "--drop", "0.5", "-o", "none/out.png"}, {"no folder none"}},
    {"OutputIsAFolder", {"inpaint", "in.png", "--drop", "0.5", "-o", "folder"}, {"folder"}},
    {"OutputOfNoFormat", {"inpaint", "in.png", "--drop", "0.5", "-o", "out.xyz"}, {"out.xyz", ".png"}},
    {"OutputWithoutExtension", {"inpaint", "in.png", "--drop", "0.5", "-o", "out"}, {"out does not say", ".png"}},
    {"AnimationOfNoFormat",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--animation", "a.mp4"},
     {"a.mp4", ".gif or .webp"}},
    {"NoFolderForTheStrip",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--strip", "none/s.png"},
     {"no folder none"}},
    {"FramesInAFile",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--frames", "text.png"},
     {"text.png", "--frames"}},
    {"FramesUnderAFile",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--frames", "new/../text.png/frames"},
     {"text.png", "--frames"}},
    {"FramesOfABadRequest",
     {"inpaint", "in.png", "--drop", "7", "-o", "out.png", "--frames", "frames/of/it"},
     {"--drop"}},
    {"UnknownOption", {"inpaint", "in.png", "--misk", "m.png", "-o", "out.png"}, {"--misk", "did you mean --mask?"}},
    {"UnknownShortOption", {"inpaint", "in.png", "-x", "-o", "out.png"}, {"no option -x"}},
    {"UnknownCommand", {"inpant", "in.png"}, {"no command inpant", "did you mean inpaint?"}},
    {"UnknownOptionOfDipper", {"--verson"}, {"no option --verson", "did you mean --version?"}},
    {"OptionWithoutValue", {"inpaint", "in.png", "-o", "out.png", "--seed"}, {"--seed needs a value"}},
    {"OptionInPlaceOfAValue", {"inpaint", "in.png", "--drop", "-o", "out.png"}, {"--drop needs a value after it"}},
    {"SwitchInPlaceOfANumber",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--seed", "--raw"},
     {"--seed needs a value after it"}},
    {"OptionInPlaceOfAName", {"inpaint", "in.png", "-o", "--drop=0.5"}, {"--output needs a value after it"}},
    {"OptionInPlaceOfAnAssignment",
     {"inpaint", "in.png", "--drop", "0.5", "--set", "-oout.png"},
     {"--set needs a value after it"}},
    {"OptionTwice", {"inpaint", "in.png", "-o", "a.png", "-o", "b.png"}, {"--output was given more than once"}},
    {"SwitchWithValue", {"inpaint", "in.png", "-o", "out.png", "--raw=1"}, {"--raw takes no value"}},
    {"BadIterations", {"inpaint", "in.png", "-o", "out.png", "--iterations", "ten"}, {"--iterations", "\"ten\""}},
    {"NoIterations", {"inpaint", "in.png", "-o", "out.png", "--iterations", "0"}, {"--iterations", "from 1"}},
    {"TooManyIterations",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--iterations", "100000001"},
     {"--iterations is", "from 1 to 100000000"}},
    {"TooFewFrames",
     {"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--every", "100000001"},
     {"--every is", "from 1 to 100000000"}},
    {"BadSeed", {"inpaint", "in.png", "-o", "out.png", "--seed", "-1"}, {"--seed", "from 0"}},
    {"BadThreads", {"inpaint", "in.png", "-o", "out.png", "--threads", "1.5"}, {"--threads", "whole number"}},
    {"BadEvery", {"inpaint", "in.png", "-o", "out.png", "--every", "0"}, {"--every", "from 1"}},
    {"BadProgress", {"inpaint", "in.png", "-o", "out.png", "--progress", "lin"}, {"--progress", "did you mean line?"}},
    {"CompareSizes", {"compare", "in.png", "large.png"}, {"size"}},
    {"CompareNan", {"compare", "in.tif", "nan.tif"}, {"NaN"}},
    {"CompareOne", {"compare", "in.png"}, {"dipper compare needs B"}},
    {"CompareNothing", {"compare", "in.png", "in.png", "--crop", "6"}, {"crop"}},
    {"UnknownRecipeName", {"recipes", "quik"}, {"no recipe quik", "did you mean quick?"}},
};

INSTANTIATE_TEST_SUITE_P(Cli, Mistakes, testing::ValuesIn(mistakes),
                         [](const testing::TestParamInfo<Mistake>& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace dipper
