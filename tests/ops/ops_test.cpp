// SPDX-License-Identifier: Apache-2.0
// Every builder: the shape it makes and the parameters it declares.
#include <gtest/gtest.h>

#include "ops/activation.hpp"
#include "ops/add.hpp"
#include "ops/batch_norm.hpp"
#include "ops/concat.hpp"
#include "ops/conv2d.hpp"
#include "ops/conv_transpose2d.hpp"
#include "ops/filter.hpp"
#include "ops/masked_error.hpp"
#include "ops/max_pool.hpp"
#include "ops/pixel_shuffle.hpp"
#include "ops/total_variation.hpp"
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
  EXPECT_EQ(graph.shape(elu(graph, x, "e")), graph.shape(x));
  EXPECT_EQ(graph.shape(swish(graph, x, "f")), graph.shape(x));
}

TEST_F(Ops, Add) {
  const Tensor y = add(graph, x, graph.input({4, 6, 8}), "sum", -2);
  EXPECT_EQ(graph.shape(y), graph.shape(x));
  EXPECT_EQ(std::get<AddDesc>(graph.nodes().back().desc).scale, -2);
  EXPECT_DEATH(add(graph, x, graph.input({4, 6, 7}), "sum"), "4x6x7 and 4x6x8");
  EXPECT_DEATH(add(graph, x, x, "sum"), "2 and 1");
}

TEST_F(Ops, MaxPool) {
  EXPECT_EQ(graph.shape(max_pool(graph, x, 3, "pool")), (Shape{4, 2, 2}));
  EXPECT_DEATH(max_pool(graph, x, 7, "pool"), "height");
  EXPECT_DEATH(max_pool(graph, x, 0, "pool"), "factor");
}

TEST_F(Ops, Filter) {
  const FilterKernel kernel{1, 2, {0.5F, 0.5F}};
  EXPECT_EQ(graph.shape(filter(graph, x, {.kernel = kernel, .out_height = 5, .out_width = 3}, "filter")),
            (Shape{4, 5, 3}));
  const Window all = std::get<FilterDesc>(graph.nodes().back().desc).window;
  EXPECT_EQ(all.height, 6);
  EXPECT_EQ(all.width, 8);
  EXPECT_DEATH(filter(graph, x, {.kernel = {2, 2, {1}}}, "filter"), "1 and 4");
  EXPECT_DEATH(filter(graph, x, {.window = Window{1, 0, 6, 8}}, "filter"), "height");
  EXPECT_DEATH(filter(graph, x, {.window = Window{0, -1, 6, 8}}, "filter"), "left");
  EXPECT_DEATH(filter(graph, x, {.stride = 0}, "filter"), "stride");
  EXPECT_DEATH(filter(graph, x, {.out_width = 0}, "filter"), "out_width");
}

TEST_F(Ops, AveragePoolHasEqualWeightsThatAddUpToOne) {
  EXPECT_EQ(graph.shape(average_pool(graph, x, 4, "pool")), (Shape{4, 1, 2}));
  const auto& desc = std::get<FilterDesc>(graph.nodes().back().desc);
  EXPECT_EQ(desc.stride, 4);
  EXPECT_EQ(desc.kernel.weights, std::vector<float>(16, 1.0F / 16));
}

TEST_F(Ops, DownsampleIsTheOuterProductOfItsTaps) {
  EXPECT_EQ(graph.shape(downsample(graph, x, 2, {0.25F, 0.75F, 1.0F}, -1, "down")), (Shape{4, 3, 4}));
  const auto& desc = std::get<FilterDesc>(graph.nodes().back().desc);
  EXPECT_EQ(desc.first_row, -1);
  EXPECT_EQ(desc.first_column, -1);
  EXPECT_EQ(desc.kernel.weights[1], 0.25F * 0.75F);
  EXPECT_EQ(desc.kernel.weights[3], 0.75F * 0.25F);
  EXPECT_EQ(desc.kernel.weights[8], 1.0F);
}

TEST_F(Ops, Upsample) {
  EXPECT_EQ(graph.shape(upsample(graph, x, 3, Interpolation::bilinear, "up")), (Shape{4, 18, 24}));
}

TEST_F(Ops, MaskedError) {
  const Tensor loss = masked_error(graph, x, graph.input({4, 6, 8}), graph.input({1, 6, 8}), Reduction::mean, "loss");
  EXPECT_EQ(graph.shape(loss), (Shape{1, 1, 1}));
  EXPECT_DEATH(masked_error(graph, x, graph.input({4, 6, 8}), graph.input({4, 6, 8}), Reduction::sum, "loss"),
               "4x6x8 and 1x6x8");
  masked_error(graph, x, graph.input({4, 6, 8}), graph.input({1, 6, 8}), Reduction::sum, "lengths",
               ErrorKind::absolute);
  EXPECT_EQ(std::get<MaskedErrorDesc>(graph.nodes().back().desc).kind, ErrorKind::absolute);
}

TEST_F(Ops, TotalVariation) {
  EXPECT_EQ(graph.shape(total_variation(graph, x, Reduction::mean, "variation")), (Shape{1, 1, 1}));
}

}  // namespace
}  // namespace dipper
