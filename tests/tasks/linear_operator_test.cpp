// SPDX-License-Identifier: Apache-2.0
#include "tasks/linear_operator.hpp"

#include <gtest/gtest.h>

#include "kernels/layer_run.hpp"
#include "kernels/ref/ref.hpp"

namespace dipper {
namespace {

const LinearOperator shift{.kernel = {1, 3, {1, 0, 0}}, .first_row = 0, .first_column = -1, .height = 2, .width = 3};

std::vector<double> seen(const LinearOperator& op) {
  LayerRun<double> run{filter_on(op, {1, 4, 5}, {1, 1, 2, 3}, {1, 2, 3})};
  for (std::size_t i = 0; i < 20; ++i) run.x[0][i] = static_cast<double>(i);
  run.forward(*ref::make_layer<double>(run.desc));
  return {run.y.begin(), run.y.begin() + 6};
}

TEST(LinearOperator, RepeatsTheEdgeOfThePictureOrReadsTheCanvas) {
  EXPECT_EQ(seen(shift), (std::vector<double>{6, 6, 7, 11, 11, 12}));
  LinearOperator beyond = shift;
  beyond.reads_beyond = true;
  EXPECT_EQ(seen(beyond), (std::vector<double>{5, 6, 7, 10, 11, 12}));
}

TEST(LinearOperator, ReachesBeyondOnlyWhenItReadsThere) {
  EXPECT_EQ(reach(shift), 0);
  LinearOperator beyond = shift;
  beyond.reads_beyond = true;
  EXPECT_EQ(reach(beyond), 1);
  beyond.kernel = {5, 1, {0, 0, 0, 0, 1}};
  beyond.first_column = 0;
  EXPECT_EQ(reach(beyond), 4);
}

}  // namespace
}  // namespace dipper
