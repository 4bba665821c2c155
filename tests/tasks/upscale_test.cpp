// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "tasks/task_run.hpp"

namespace dipper {
namespace {

class Upscale : public TaskRun {
 protected:
  Upscale() : TaskRun(find_task("upscale")) {}
};

TEST_F(Upscale, IsByFourWithoutAWord) {
  const Observation seen = run();
  EXPECT_EQ(seen.like().width, 32);
  EXPECT_EQ(seen.like().height, 24);
  ASSERT_TRUE(seen.observed_by);
  EXPECT_EQ(seen.observed_by->stride, 4);
  EXPECT_EQ(seen.observed_by->kernel.rows, 24);
  EXPECT_EQ(seen.observed_by->first_row, -10);
  EXPECT_EQ(seen.summary, "8x6 becomes 32x24");
}

TEST_F(Upscale, EveryOperatorKeepsBrightnessAndHasItsAdjoint) {
  for (const char* kernel : {"lanczos2", "lanczos3", "bicubic", "box", "gaussian"}) {
    for (const char* scale : {"2", "3", "5", "8"}) {
      SCOPED_TRACE(kernel + std::string(" by ") + scale);
      options = {{"operator", kernel}, {"scale", scale}};
      const Observation seen = run();
      const auto& weights = seen.observed_by->kernel.weights;
      EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-5);
      const AdjointSums sums = adjoint_sums(seen);
      EXPECT_NEAR(sums.forward, sums.backward, 1e-10);
      EXPECT_NE(sums.forward, 0);
    }
  }
}

TEST_F(Upscale, TheOperatorMakesTheSmallPictureFromAnEnlargedConstant) {
  picture = Image(3, 2, 1, 0.25F);
  const Observation seen = run();
  LayerRun<double> layer{filter_on(*seen.observed_by, {1, 8, 12}, {0, 0, 8, 12}, {1, 2, 3})};
  std::fill(layer.x[0].begin(), layer.x[0].end(), 0.25);
  layer.forward(*ref::make_layer<double>(layer.desc));
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(layer.y[i], 0.25, 1e-6);
}

TEST_F(Upscale, TransparencyGrowsToo) {
  picture = Image(4, 4, 4, 0.5F);
  picture.icc = {std::byte{3}};
  const Observation seen = run();
  EXPECT_EQ(seen.like().channels, 4);
  EXPECT_EQ(seen.like().icc, picture.icc);
  for (const float alpha : seen.like().plane(3)) EXPECT_NEAR(alpha, 0.5F, 1e-5);
}

TEST_F(Upscale, RefusesOtherScalesAndOperators) {
  options = {{"scale", "1"}};
  EXPECT_EQ(error(), "--scale is \"1\" but must be a whole number from 2 to 8");
  options = {{"scale", "9"}};
  EXPECT_EQ(error(), "--scale is \"9\" but must be a whole number from 2 to 8");
  options = {{"operator", "lancsos2"}};
  EXPECT_EQ(
      error(),
      "--operator is \"lancsos2\" (did you mean lanczos2?) but must be lanczos2, lanczos3, bicubic, box or gaussian");
}

TEST_F(Upscale, MethodsGiveTheWantedSize) {
  const Observation seen = run();
  for (const TaskMethod& method : task.methods) {
    const Image made = method.restore(seen, 1, Patience::endless());
    EXPECT_EQ(made.width, 32) << method.name;
    EXPECT_EQ(made.height, 24) << method.name;
  }
}

}  // namespace
}  // namespace dipper
