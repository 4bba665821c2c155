// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "damage/degrade.hpp"
#include "tasks/task_run.hpp"

namespace dipper {
namespace {

class Flash : public TaskRun {
 protected:
  Flash() : TaskRun(find_task("flash")) {}
};

TEST_F(Flash, TheSecondPictureIsTheInputWithoutItsAlpha) {
  pictures["flash"] = gradient_picture(8, 6, 4);
  const Observation seen = run();
  ASSERT_TRUE(seen.guide);
  EXPECT_EQ(seen.guide->channels, 3);
  EXPECT_EQ(seen.guide->samples.size(), 3U * 48);
  EXPECT_TRUE(std::equal(seen.guide->samples.begin(), seen.guide->samples.end(), pictures["flash"].samples.begin()));
  EXPECT_FALSE(seen.keeps_known);
}

TEST_F(Flash, TakesTheNoiseThatItIsToldAndEstimatesItOtherwise) {
  picture = Image(96, 96, 3, 0.5F);
  pictures["flash"] = picture;
  add_normal_noise(picture, 20.0 / 255, {1, Stream::noise});
  EXPECT_NEAR(run().noise.sigma(), 20.0 / 255, 1.0 / 255);
  EXPECT_NE(run().summary.find("(estimated)"), std::string::npos);
  options["sigma"] = "15";
  EXPECT_DOUBLE_EQ(run().noise.sigma(), 15.0 / 255);
  EXPECT_EQ(run().summary, "light of the first picture, of noise of sigma 15.0, detail of the second");
}

TEST_F(Flash, KnowsWhetherNoiseWasClipped) {
  picture = Image(64, 64, 3, 0.02F);
  pictures["flash"] = picture;
  add_normal_noise(picture, 25.0 / 255, {1, Stream::noise});
  options["sigma"] = "25";
  const auto truth_of = [this](float mean) {
    run().noise.to_truth({&mean, 1}, true);
    return mean;
  };
  EXPECT_EQ(truth_of(0.05F), 0.05F);
  for (float& sample : picture.samples) sample = std::max(0.0F, sample);
  EXPECT_LT(truth_of(0.05F), 0.04F);
}

TEST_F(Flash, MethodsTakeTheDetailOfTheSecondPicture) {
  Image truth = gradient_picture(40, 30, 3);
  pictures["flash"] = truth;
  for (float& sample : truth.samples) sample *= 0.5F;
  picture = truth;
  add_normal_noise(picture, 20.0 / 255, {1, Stream::noise});
  options["sigma"] = "20";
  const Observation seen = run();
  EXPECT_STREQ(seen.classic->name, "guided-bm3d");
  for (const TaskMethod& method : task.methods) {
    EXPECT_GT(psnr(method.restore(seen, 1, Patience::endless()), truth), psnr(picture, truth) + 9) << method.name;
  }
}

TEST_F(Flash, DoesNotTakeNoiseThatNeighboursShareForDetail) {
  Image noise(97, 97, 3, 0.5F);
  add_normal_noise(noise, 30.0 / 255, {1, Stream::noise});
  picture = Image(96, 96, 3);
  for (int c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < 96 * 96; ++i) {
      const float* corner = &noise.plane(c)[i / 96 * 97 + i % 96];
      picture.plane(c)[i] = (corner[0] + corner[1] + corner[97] + corner[98]) / 4;
    }
  }
  pictures["flash"] = Image(96, 96, 3, 0.5F);
  EXPECT_NEAR(run().noise.sigma(), 15.0 / 255, 2.0 / 255);
  EXPECT_STREQ(run().classic->name, "guided");
}

TEST_F(Flash, RefusesPicturesThatDoNotFit) {
  EXPECT_EQ(error(), "flash needs two pictures: the one without flash, and then the one with it");
  pictures["flash"] = Image(7, 6, 3, 0.5F);
  EXPECT_EQ(error(), "the picture with flash is 7x6 but the one without is 8x6; align them and make them one size");
  pictures["flash"] = Image(8, 6, 3, 1.5F);
  EXPECT_EQ(error(), "the picture with flash holds samples outside of 0 to 1; give one without");
}

}  // namespace
}  // namespace dipper
