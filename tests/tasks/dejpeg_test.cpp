// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tasks/task_run.hpp"

namespace dipper {
namespace {

class Dejpeg : public TaskRun {
 protected:
  Dejpeg() : TaskRun(find_task("dejpeg")) {}
};

TEST_F(Dejpeg, CountsEveryPixelAndMakesAllAnew) {
  const Observation seen = run();
  EXPECT_EQ(seen.weights, std::vector<float>(48, 1.0F));
  EXPECT_FALSE(seen.keeps_known);
  EXPECT_FALSE(seen.observed_by);
  EXPECT_EQ(seen.damaged.samples, picture.samples);
}

TEST_F(Dejpeg, HasNoOptions) {
  options["quality"] = "10";
  EXPECT_EQ(error(), "dejpeg has no option \"quality\"");
}

}  // namespace
}  // namespace dipper
