// SPDX-License-Identifier: Apache-2.0
// Every builder: the shape it makes and the parameters it declares.
#include <gtest/gtest.h>

#include "ops/activation.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/conv_transpose2d.hpp"
#include "ops/masked_squared_error.hpp"
#include "ops/pixel_shuffle.hpp"
#include "ops/upsample.hpp"

namespace dipper {
namespace {

class Ops : public testing::Test {
 protected:
  Graph graph;
  Tensor x = graph.input({4, 6, 8});
};

TEST_F(Ops, Conv2d) {
  const Tensor y = conv2d(graph, x, {.out_channels = 5, .kernel = 3, .stride = 2, .padding = 1}, "conv");
  EXPECT_EQ(graph.shape(y), (Shape{5, 3, 4}));
  EXPECT_EQ(graph.parameter_count(), 4U * 5 * 9 + 5);
  EXPECT_DEATH(conv2d(graph, x, {.stride = 3}, "conv"), "stride");
  EXPECT_DEATH(conv2d(graph, x, {.kernel = 9, .padding = 0}, "conv"), "height");
}

TEST_F(Ops, ConvTranspose2d) {
  EXPECT_EQ(graph.shape(conv_transpose2d(graph, x, {.out_channels = 3}, "up")), (Shape{3, 12, 16}));
  EXPECT_EQ(graph.parameter_count(), 4U * 3 * 16 + 3);
  EXPECT_DEATH(conv_transpose2d(graph, x, {.output_padding = 2}, "up"), "output_padding");
}

TEST_F(Ops, PixelShuffle) {
  EXPECT_EQ(graph.shape(pixel_shuffle(graph, x, 2, "shuffle")), (Shape{1, 12, 16}));
  EXPECT_DEATH(pixel_shuffle(graph, x, 3, "shuffle"), "4 and 0");
}

TEST_F(Ops, Concat) {
  const Tensor other = graph.input({3, 6, 8});
  const Tensor third = graph.input({4, 6, 8});
  EXPECT_EQ(graph.shape(concat(graph, {x, other, third}, "concat")), (Shape{11, 6, 8}));
  EXPECT_DEATH(concat(graph, {x, x}, "concat"), "2 and 1");
  EXPECT_DEATH(concat(graph, {x, graph.input({1, 5, 8})}, "concat"), "5 and 6");
}

TEST_F(Ops, BatchNorm) {
  EXPECT_EQ(graph.shape(batch_norm(graph, x, "norm")), (Shape{4, 6, 8}));
  EXPECT_EQ(graph.parameter_count(), 8U);
}

TEST_F(Ops, Activations) {
  EXPECT_EQ(graph.shape(leaky_relu(graph, x, 0.01, "a")), graph.shape(x));
  EXPECT_EQ(graph.shape(sigmoid(graph, x, "b")), graph.shape(x));
  relu(graph, x, "c");
  EXPECT_EQ(std::get<LeakyReluDesc>(graph.nodes().back().desc).slope, 0);
  EXPECT_DEATH(leaky_relu(graph, x, -1, "d"), "slope");
}

TEST_F(Ops, Upsample) {
  EXPECT_EQ(graph.shape(upsample(graph, x, 3, Interpolation::bilinear, "up")), (Shape{4, 18, 24}));
}

TEST_F(Ops, MaskedSquaredError) {
  const Tensor loss =
      masked_squared_error(graph, x, graph.input({4, 6, 8}), graph.input({1, 6, 8}), Reduction::mean, "loss");
  EXPECT_EQ(graph.shape(loss), (Shape{1, 1, 1}));
  EXPECT_DEATH(masked_squared_error(graph, x, graph.input({4, 6, 8}), graph.input({4, 6, 8}), Reduction::sum, "loss"),
               "4x6x8 and 1x6x8");
}

}  // namespace
}  // namespace dipper
