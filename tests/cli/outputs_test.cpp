// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "cli/program.hpp"

namespace dipper {
namespace {

using Names = std::vector<std::string>;

class Outputs : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }

  /// Runs `dipper inpaint in.png --drop 0.5 --iterations 3` with more arguments, and expects success.
  void restore(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"inpaint", "in.png", "--drop", "0.5", "--iterations", "3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const test::Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }

  void expect_refused(const std::vector<std::string>& arguments, const std::string& why) const {
    const Names before = names();
    const test::Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    EXPECT_EQ(names(), before);
  }
};

TEST_F(Outputs, TheDamagedPictureStandsBesideTheRestoredOne) {
  restore({"-o", "out.tif"});
  EXPECT_EQ(names(), (Names{"in.png", "out.tif", "out_damaged.tif"}));
  const Image in = read_image(file("in.png"));
  const Image out = read_image(file("out.tif"));
  const Image damaged = read_image(file("out_damaged.tif"));
  int dropped = 0;
  for (std::size_t i = 0; i < in.plane_size(); ++i) {
    bool kept = true;
    for (int c = 0; c < 3; ++c) kept = kept && damaged.plane(c)[i] == in.plane(c)[i];
    dropped += kept ? 0 : 1;
    for (int c = 0; c < 3 && kept; ++c) EXPECT_EQ(out.plane(c)[i], in.plane(c)[i]);
  }
  EXPECT_GT(dropped, 60);  // of 192
  EXPECT_LT(dropped, 132);
}

TEST_F(Outputs, AMaskLeavesNoDamagedPictureToWrite) {
  Image mask(16, 12, 1);
  mask.samples[5] = 1;
  write_image(file("mask.png"), mask);
  const test::Outcome outcome = run({"inpaint", "in.png", "--mask", "mask.png", "--iterations", "2", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(names(), (Names{"in.png", "mask.png", "out.png"}));
}

TEST_F(Outputs, FramesStripAndAnimation) {
  restore({"-o", "out.png", "--frames", "a/frames", "--every", "2", "--strip", "strip.png", "--animation", "a.gif",
           "--animation-size", "8"});
  EXPECT_EQ(names(), (Names{"a", "a.gif", "in.png", "out.png", "out_damaged.png", "strip.png"}));
  EXPECT_EQ(names_in(file("a/frames")), (Names{"frame_000001.png", "frame_000002.png", "frame_000003.png"}));
  EXPECT_EQ(read_image(file("a/frames/frame_000003.png")).samples, read_image(file("out.png")).samples);
  const Image strip = read_image(file("strip.png"));
  EXPECT_EQ(strip.height, 12);
  EXPECT_EQ(strip.width, 3 * 16 + 2 * 2);  // truth, damaged, restored
  const std::vector<std::byte> gif = read_file(file("a.gif"));
  EXPECT_EQ(std::to_integer<int>(gif[6]), 8);
}

TEST_F(Outputs, AFrameThatCannotBeWrittenCostsNoFit) {
  std::filesystem::create_directories(file("frames/frame_000002.png"));
  const test::Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "3", "-o", "out.png",
                                     "--frames", "frames", "--every", "1", "--strip", "strip.png", "--quiet"});
  EXPECT_EQ(outcome.code, 2);
  const std::string why = "frames/frame_000002.png is a folder; name a file in it";
  EXPECT_EQ(outcome.err, "dipper: the fit goes on without a frame of iteration 2: " + why + "\ndipper: " + why + "\n");
  EXPECT_EQ(names_in(file("frames")), (Names{"frame_000001.png", "frame_000002.png", "frame_000003.png"}));
  EXPECT_EQ(read_image(file("frames/frame_000003.png")).samples, read_image(file("out.png")).samples);
  EXPECT_EQ(read_image(file("strip.png")).height, 12);
}

TEST_F(Outputs, AWebpAnimation) {
  restore({"-o", "out.png", "--animation", "a.webp"});
  const std::vector<std::byte> bytes = read_file(file("a.webp"));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()) + 8, 4), "WEBP");
}

TEST_F(Outputs, RawKeepsNothing) {
  restore({"-o", "kept.png"});
  restore({"-o", "raw.png", "--raw"});
  const Image in = read_image(file("in.png"));
  const Image kept = read_image(file("kept.png"));
  const Image raw = read_image(file("raw.png"));
  int kept_equal = 0;
  int raw_equal = 0;
  for (std::size_t i = 0; i < in.samples.size(); ++i) {
    kept_equal += kept.samples[i] == in.samples[i] ? 1 : 0;
    raw_equal += raw.samples[i] == in.samples[i] ? 1 : 0;
  }
  EXPECT_GT(kept_equal, 200);  // of 576
  EXPECT_LT(raw_equal, 60);
}

/// Too few pixels are known here to hold some out, so the map is the spread of what --every shows.
TEST_F(Outputs, TheMapOfTheUncertaintyIsGrayAndBlackWherePixelsWereKept) {
  const test::Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "12", "--every", "2", "-o",
                                     "out.png", "--uncertainty", "map.png", "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("which no known pixel confirms -> map.png"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("\"uncertainty\":{\"calibrated\":false,\"mean_error\":0."), std::string::npos);
  const Image map = read_image(file("map.png"));
  const Image in = read_image(file("in.png"));
  const Image damaged = read_image(file("out_damaged.png"));
  ASSERT_EQ(map.channels, 1);
  ASSERT_EQ(map.width, in.width);
  double sum = 0;
  for (std::size_t i = 0; i < map.samples.size(); ++i) {
    bool kept = true;
    for (int c = 0; c < 3; ++c) kept = kept && damaged.plane(c)[i] == in.plane(c)[i];
    EXPECT_TRUE(!kept || map.samples[i] == 0) << i;
    sum += map.samples[i];
  }
  EXPECT_GT(sum, 1);
}

TEST_F(Outputs, NoMapIsWrittenOfAFitThatShowedTooLittle) {
  const test::Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--uncertainty", "map.png"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("there is no map.png: what the fit showed says too little"), std::string::npos)
      << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(file("map.png")));
}

TEST_F(Outputs, AMapThatMakesNoSenseOrHasNoPlaceIsRefused) {
  const auto with = [](const std::vector<std::string>& more) {
    std::vector<std::string> words{"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--uncertainty"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  expect_refused(with({"map.png", "--raw"}),
                 "--uncertainty tells of the restored picture, but --raw writes the network's own output; leave one of "
                 "the two out");
  expect_refused(with({"in.png"}), "in.png");
  expect_refused(with({"out.png"}), "out.png");
  expect_refused(with({"map.xyz"}), "map.xyz");
  expect_refused(with({"nowhere/map.png"}), "nowhere");
}

TEST_F(Outputs, AnExistingOutputIsReplaced) {
  make_picture("out.png", 3, 3);
  restore({"-o", "out.png"});
  EXPECT_EQ(read_image(file("out.png")).width, 16);
}

TEST_F(Outputs, OriginalsAreNotOverwritten) {
  make_picture("mask.png", 16, 12, 1);
  std::filesystem::create_hard_link(file("in.png"), file("link.png"));
  std::filesystem::create_directory(file("frames"));
  std::filesystem::copy_file(file("in.png"), file("frames/frame_000001.png"));
  std::filesystem::copy_file(file("in.png"), file("x_damaged.png"));
  const std::string sentence = "would overwrite the original";
  expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", "in.png"}, sentence);
  expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", "frames/../in.png"}, sentence);
  expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", "link.png"}, sentence);
  expect_refused({"inpaint", "in.png", "--mask", "mask.png", "-o", "mask.png"}, sentence);
  expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--strip", "in.png"}, sentence);
  expect_refused({"inpaint", "x_damaged.png", "--drop", "0.5", "-o", "x.png"}, sentence);
  expect_refused({"inpaint", "frames/frame_000001.png", "--drop", "0.5", "-o", "out.png", "--frames", "frames"},
                 "could overwrite");
}

// The device is checked after the outputs: a request that reached the fit would complain of it instead.
TEST_F(Outputs, WhatAFormatCannotHoldIsRefusedBeforeTheFit) {
  make_picture("rgba.png", 16, 12, 4);
  make_picture("wide.png", 17000, 2);
  make_picture("fairly_wide.png", 6000, 2);
  const auto refused = [this](const char* in, const Names& more, const std::string& why) {
    Names arguments = {"inpaint", in, "--drop", "0.5", "--device", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refused(arguments, why);
  };
  refused("rgba.png", {"-o", "x.jpg"}, "cannot write x.jpg: JPEG holds no transparency; name a .png instead");
  refused("wide.png", {"-o", "x.webp"}, "cannot write x.webp: WebP holds at most 16383 pixels a side");
  refused("wide.png", {"-o", "x.png", "--strip", "s.webp"}, "cannot write s.webp: WebP holds at most 16383 pixels");
  refused("fairly_wide.png", {"-o", "x.png", "--strip", "s.webp"}, "cannot write s.webp");  // thrice side by side
  refused("fairly_wide.png", {"-o", "x.webp", "--strip", "s.png"}, "no device");
  refused("rgba.png", {"-o", "x.png", "--strip", "s.jpg"}, "no device");  // a strip has no transparency
}

TEST_F(Outputs, TwoOutputsOnOnePathAreRefused) {
  expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--strip", "./out.png"}, "name two files");
  expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", "out.webp", "--animation", "out.webp"}, "name two files");
  expect_refused({"inpaint", "in.png", "--drop", "0.5", "-o", "out.png", "--strip", "out_damaged.png"},
                 "name two files");
}

}  // namespace
}  // namespace dipper
