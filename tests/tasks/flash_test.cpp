// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

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

TEST_F(Flash, RefusesPicturesThatDoNotFit) {
  EXPECT_EQ(error(), "flash needs two pictures: the one without flash, and then the one with it");
  pictures["flash"] = Image(7, 6, 3, 0.5F);
  EXPECT_EQ(error(), "the picture with flash is 7x6 but the one without is 8x6; align them and make them one size");
  pictures["flash"] = Image(8, 6, 3, 1.5F);
  EXPECT_EQ(error(), "the picture with flash holds samples outside of 0 to 1; give one without");
}

}  // namespace
}  // namespace dipper
