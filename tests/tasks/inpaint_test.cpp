// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "tasks/task_run.hpp"

namespace dipper {
namespace {

class Inpaint : public TaskRun {
 protected:
  Inpaint() : TaskRun(find_task("inpaint")) {}
};

TEST_F(Inpaint, WhiteInTheMaskIsRepairedAndGrayWeighs) {
  Image mask(8, 6, 1);
  mask.samples[3] = 1;
  mask.samples[4] = 0.25F;
  pictures["mask"] = mask;
  const Observation seen = run();
  EXPECT_EQ(seen.weights[3], 0);
  EXPECT_EQ(seen.weights[4], 0.75F);
  EXPECT_EQ(seen.weights[5], 1);
  EXPECT_FALSE(seen.truth);
}

TEST_F(Inpaint, WhiteInTheOtherMaskIsKept) {
  Image mask(8, 6, 3, 1.0F);
  for (int c = 0; c < 3; ++c) mask.plane(c)[3] = 0;
  pictures["mask-known"] = mask;
  const Observation seen = run();
  EXPECT_EQ(seen.weights[3], 0);
  EXPECT_EQ(seen.weights[4], 1);
}

TEST_F(Inpaint, AMaskMayBeColouredOrTransparent) {
  Image mask(8, 6, 4);
  for (float& alpha : mask.plane(3)) alpha = 1;
  mask.plane(1)[3] = 1;  // green
  for (int c = 0; c < 3; ++c) mask.plane(c)[4] = mask.plane(c)[5] = 1;
  mask.plane(3)[5] = 0;
  pictures["mask"] = mask;
  const Observation seen = run();
  EXPECT_NEAR(seen.weights[3], 1 - 0.587, 1e-6);
  EXPECT_EQ(seen.weights[4], 0);
  EXPECT_EQ(seen.weights[5], 1);
  EXPECT_EQ(seen.summary, "4.2 % of the pixels are missing");
}

TEST_F(Inpaint, DropsAndKeepsAtLeastOnePixel) {
  for (const char* share : {"0.001", "0.5", "0.999"}) {
    for (seed = 0; seed < 10; ++seed) {
      picture = gradient_picture(2, 1, 3);
      options["drop"] = share;
      const Observation seen = run();
      EXPECT_EQ(seen.weights[0] + seen.weights[1], 1);
    }
  }
  picture = gradient_picture(1, 1, 3);
  EXPECT_NE(error().find("one pixel"), std::string::npos) << error();
}

TEST_F(Inpaint, FindsMissingPixelsByColour) {
  for (int c = 0; c < 3; ++c) {
    picture.plane(c)[5] = 0;
    picture.plane(c)[6] = 1;
  }
  picture.plane(0)[7] = 10.0F / 255;
  picture.plane(1)[7] = 200.0F / 255;
  picture.plane(2)[7] = 30.0F / 255;
  picture.plane(0)[8] = 0;  // not black in the other channels
  const auto missing = [&](const char* what) {
    options = {{"missing", what}};
    const Observation seen = run();
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < seen.weights.size(); ++i) {
      if (seen.weights[i] == 0) all.push_back(i);
    }
    return all;
  };
  EXPECT_EQ(missing("black"), std::vector<std::size_t>{5});
  EXPECT_EQ(missing("white"), std::vector<std::size_t>{6});
  EXPECT_EQ(missing("10,200,30"), std::vector<std::size_t>{7});
}

TEST_F(Inpaint, FindsMissingPixelsThatAreNoNumbers) {
  picture.sample = SampleType::f32;
  picture.plane(1)[9] = NAN;
  options["missing"] = "nan";
  const Observation seen = run();
  EXPECT_EQ(seen.weights[9], 0);
  EXPECT_EQ(seen.weights[8], 1);
}

TEST_F(Inpaint, RefusesNumbersThatAreNoneWhereTheyAreKnown) {
  picture.sample = SampleType::f32;
  picture.plane(1)[9] = NAN;
  options["drop"] = "0.1";
  seed = 3;
  EXPECT_NE(error().find("--missing nan"), std::string::npos) << error();
}

TEST_F(Inpaint, TransparentPixelsBecomeOpaque) {
  picture = gradient_picture(8, 6, 4);
  for (float& alpha : picture.plane(3)) alpha = 0.5F;
  picture.plane(3)[2] = 0;
  options["missing"] = "transparent";
  const Observation seen = run();
  EXPECT_EQ(seen.weights[2], 0);
  const Image restored = compose(seen, Image(8, 6, 3, 0.75F));
  EXPECT_EQ(restored.plane(3)[2], 1);
  EXPECT_EQ(restored.plane(3)[1], 0.5F);
  EXPECT_EQ(restored.plane(0)[2], 0.75F);
}

/// What lies near known pixels follows from them, as interpolation does; in the middle of a hole there is room for
/// more.
TEST_F(Inpaint, AWideHoleIsAnotherJobThanStrokesAndScatteredPixels) {
  picture = gradient_picture(60, 50, 3);
  const auto with_hole = [&](int rows, int columns) {
    Image mask(60, 50, 1);
    for (int i = 0; i < rows; ++i) std::fill_n(&mask.samples[(i + 5) * std::size_t{60} + 5], columns, 1.0F);
    pictures["mask"] = mask;
    return run();
  };
  const Observation stroke = with_hole(20, 50);
  EXPECT_EQ(stroke.classic->name, std::string("cubic"));
  EXPECT_EQ(stroke.recipes, nullptr);
  const Observation hole = with_hole(30, 50);
  EXPECT_EQ(hole.classic, nullptr);
  EXPECT_EQ(hole.recipes->balanced, std::string("hole-balanced"));
  pictures.clear();
  picture = gradient_picture(400, 300, 1);
  options["drop"] = "0.98";
  EXPECT_EQ(run().classic->name, std::string("cubic"));
}

TEST_F(Inpaint, DropsTheShareAndKeepsTheTruth) {
  picture = gradient_picture(200, 100, 3);
  options["drop"] = "0.3";
  const Observation seen = run();
  double dropped = 0;
  for (std::size_t i = 0; i < seen.weights.size(); ++i) {
    const bool missing = seen.weights[i] == 0;
    dropped += missing ? 1 : 0;
    for (int c = 0; c < 3; ++c) EXPECT_EQ(seen.damaged.plane(c)[i], missing ? 0 : picture.plane(c)[i]);
  }
  EXPECT_NEAR(dropped / 20000, 0.3, 0.01);
  ASSERT_TRUE(seen.truth);
  EXPECT_EQ(seen.truth->samples, picture.samples);
  const std::vector<float> first = seen.weights;
  EXPECT_EQ(run().weights, first);
  seed = 1;
  EXPECT_NE(run().weights, first);
}

TEST_F(Inpaint, SaysWhatIsWrong) {
  EXPECT_NE(error().find("exactly one of --mask"), std::string::npos) << error();
  options = {{"missing", "black"}, {"drop", "0.5"}};
  EXPECT_NE(error().find("exactly one"), std::string::npos) << error();
  options = {{"missing", "black"}};
  EXPECT_NE(error().find("nothing is missing"), std::string::npos) << error();
  options = {{"missing", "blak"}};
  EXPECT_NE(error().find("did you mean black?"), std::string::npos) << error();
  options = {{"missing", "1,2"}};
  EXPECT_NE(error().find("R,G,B"), std::string::npos) << error();
  options = {{"missing", "1,2,256"}};
  EXPECT_NE(error().find("from 0 to 255"), std::string::npos) << error();
  options = {{"missing", "transparent"}};
  EXPECT_NE(error().find("no transparency"), std::string::npos) << error();
  options = {{"drop", "1"}};
  EXPECT_NE(error().find("nothing to go by"), std::string::npos) << error();
  options = {{"drop", "0"}};
  EXPECT_NE(error().find("nothing to repair"), std::string::npos) << error();
  options = {{"drop", "1.5"}};
  EXPECT_NE(error().find("from 0 to 1"), std::string::npos) << error();
  options = {{"dorp", "0.5"}};
  EXPECT_NE(error().find("did you mean drop?"), std::string::npos) << error();
  options.clear();
  pictures["mask"] = Image(8, 7, 1);
  EXPECT_NE(error().find("8x7 but the picture to repair is 8x6"), std::string::npos) << error();
}

}  // namespace
}  // namespace dipper
