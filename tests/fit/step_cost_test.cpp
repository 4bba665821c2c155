// SPDX-License-Identifier: Apache-2.0
#include "fit/step_cost.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace dipper {
namespace {

struct Gray {
  explicit Gray(int side) : shape{1, side, side}, values(shape.size(), 0.5F), weights(shape.plane(), 1.0F) {}
  [[nodiscard]] Target target() const { return {.shape = shape, .values = values, .weights = weights}; }
  Shape shape;
  std::vector<float> values;
  std::vector<float> weights;
};

TEST(StepCost, GrowsWithThePictureAndIsOfTheRightSize) {
  const Recipe recipe = load_recipe("small");
  const std::unique_ptr<Backend> backend = make_cpu_backend(1);
  const Gray picture(384);
  const double expected = seconds_of_a_step(picture.target(), recipe, *backend);
  Fit fit(picture.target(), recipe, *backend, 0);
  fit.step();
  static_cast<void>(fit.loss());
  double fastest = 1e9;
  double slowest = 0;
  for (int i = 0; i < 3; ++i) {  // a busy machine measures badly
    const auto began = std::chrono::steady_clock::now();
    fit.step();
    static_cast<void>(fit.loss());
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    fastest = std::min(fastest, took);
    slowest = std::max(slowest, took);
  }
  EXPECT_GT(expected, fastest / 4);
  EXPECT_LT(expected, slowest * 4);
}

TEST(StepCost, KnowsOperatorsAndSecondPictures) {
  const std::unique_ptr<Backend> backend = make_cpu_backend(1);
  const Gray picture(200);
  Target target = picture.target();
  const std::vector<float> guide(3 * picture.shape.plane(), 0.5F);
  target.guide = guide;
  EXPECT_GT(seconds_of_a_step(target, load_recipe("flash-fast"), *backend), 0);
  target = picture.target();
  target.observed_by = LinearOperator{.kernel = {.rows = 1, .columns = 1, .weights = {1}},
                                      .stride = 1,
                                      .first_row = 0,
                                      .first_column = 0,
                                      .height = 200,
                                      .width = 200};
  EXPECT_GT(seconds_of_a_step(target, load_recipe("small"), *backend), 0);
}

TEST(StepCost, StepsThatSeeAPartCostAsMuchAsThat) {
  const std::unique_ptr<Backend> backend = make_cpu_backend(1);
  const Gray picture(1000);
  Recipe recipe = load_recipe("inpaint-fast");
  const double of_part = seconds_of_a_step(picture.target(), recipe, *backend);
  recipe.input_whole = 0;
  const double of_whole = seconds_of_a_step(picture.target(), recipe, *backend);
  EXPECT_GT(of_part, 0);
  EXPECT_LT(4 * of_part, of_whole);  // of 15 times as many pixels
}

TEST(StepCost, StepsThatSeeATileCostNothingToSpeakOf) {
  const std::unique_ptr<Backend> backend = make_cpu_backend(1);
  EXPECT_EQ(seconds_of_a_step(Gray(200).target(), load_recipe("upscale-fast"), *backend), 0);
  EXPECT_EQ(seconds_of_a_step(Gray(200).target(), load_recipe("dejpeg-fast"), *backend), 0);
}

}  // namespace
}  // namespace dipper
