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
  Observation seen{.damaged = Image(3, 1, 4, 0.2F)};
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

}  // namespace
}  // namespace dipper
