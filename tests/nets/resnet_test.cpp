// SPDX-License-Identifier: Apache-2.0
// Values are checked against PyTorch in tests/golden.
#include "nets/resnet.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

std::size_t parameters_of(const ResnetOptions& options) {
  Graph graph;
  const Tensor x = resnet(graph, graph.input({32, 5, 7}), 3, options);
  EXPECT_EQ(graph.shape(x), (Shape{3, 5, 7}));
  return graph.parameter_count();
}

// Counted by hand from the definition.
TEST(Resnet, HasThePublishedSize) {
  EXPECT_EQ(parameters_of({}), 168'419U);
}

TEST(Resnet, EachBlockAddsTwoConvolutionsAndTwoNorms) {
  const std::size_t block = 2 * (32 * 32 * 9 + 32) + 2 * 2 * 32;
  EXPECT_EQ(parameters_of({}), parameters_of({.blocks = 0}) + 8 * block);
}

TEST(Resnet, ItMayGoWithoutNorms) {
  const std::size_t norms = (2 * 8 + 1) * 2 * 32;
  EXPECT_EQ(parameters_of({.norm = false}), parameters_of({}) - norms);
}

TEST(Resnet, WorksAtFullSizeThroughout) {
  Graph graph;
  resnet(graph, graph.input({1, 9, 4}), 1, {.blocks = 2, .channels = 3});
  for (const Graph::Value& value : graph.values()) {
    EXPECT_EQ(value.shape.height, 9);
    EXPECT_EQ(value.shape.width, 4);
  }
}

}  // namespace
}  // namespace dipper
