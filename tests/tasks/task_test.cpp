// SPDX-License-Identifier: Apache-2.0
#include "tasks/task.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Tasks, AreFoundByName) {
  for (const Task* task : task_table()) EXPECT_EQ(&find_task(task->name), task);
  EXPECT_THROW((void)find_task("inpant"), Error);
}

TEST(Compose, KeepsWhatIsKnownAndMixesWhatIsHalfKnown) {
  Observation seen{.damaged = Image(3, 1, 4, 0.2F), .keeps_known = true};
  seen.damaged.plane(0)[1] = NAN;
  seen.damaged.icc = {std::byte{7}};
  seen.weights = {1, 0, 0.25F};
  const Image restored = compose(seen, Image(3, 1, 3, 0.6F));
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(restored.plane(c)[0], 0.2F);
    EXPECT_EQ(restored.plane(c)[1], 0.6F);
    EXPECT_FLOAT_EQ(restored.plane(c)[2], 0.25F * 0.2F + 0.75F * 0.6F);
  }
  for (const float alpha : restored.plane(3)) EXPECT_EQ(alpha, 0.2F);
  EXPECT_EQ(restored.icc, seen.damaged.icc);
}

TEST(Compose, MakesAllColoursAnewInTheFramesSize) {
  Observation seen = all_known(Image(2, 1, 2, 0.3F));
  seen.frame = Image(4, 2, 2, 0.9F);
  const Image restored = compose(seen, Image(4, 2, 1, 0.6F));
  EXPECT_EQ(restored.width, 4);
  for (const float sample : restored.plane(0)) EXPECT_EQ(sample, 0.6F);
  for (const float alpha : restored.plane(1)) EXPECT_EQ(alpha, 0.9F);
}

TEST(Methods, AreFoundByNameAndNamedWhenNot) {
  for (const Task* task : task_table()) {
    for (const TaskMethod& method : task->methods) EXPECT_EQ(&find_method(*task, method.name), &method);
  }
  try {
    (void)find_method(find_task("inpaint"), "cubik");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "inpaint has no method \"cubik\" (did you mean cubic?); it has fit, linear, cubic, tv");
  }
}

TEST(Methods, ATaskThatHasOnlyFitSaysSo) {
  for (const Task* task : task_table()) {
    if (!task->methods.empty()) continue;
    try {
      (void)find_method(*task, "bm3d");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), task->name + std::string(" has no method \"bm3d\"; it has only fit, the network"));
    }
  }
}

TEST(Observe, RefusesNumbersThatAreNone) {
  Image picture(4, 3, 3, 0.5F);
  picture.plane(1)[5] = NAN;
  const std::map<std::string, std::string> none;
  const std::map<std::string, Image> no_pictures;
  EXPECT_THROW((void)observe(find_task("dejpeg"), {picture, none, no_pictures, 0}), Error);
}

}  // namespace
}  // namespace dipper
