// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.hpp"

#include <gtest/gtest.h>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Graph, GivesParametersTheirPlacesInOneBuffer) {
  Graph graph;
  const Tensor x = graph.input({3, 8, 8});
  const Tensor y = graph.add("a", Conv2dDesc{.input = {3, 8, 8}, .out_channels = 2, .kernel = 3, .padding = 1}, {x});
  graph.add("b", BatchNormDesc{{2, 8, 8}}, {y});
  ASSERT_EQ(graph.parameters().size(), 4U);
  EXPECT_EQ(graph.parameters()[0].name, "a.weight");
  EXPECT_EQ(graph.parameters()[1].name, "a.bias");
  EXPECT_EQ(graph.parameters()[1].at, 54U);
  EXPECT_EQ(graph.parameters()[2].name, "b.gamma");
  EXPECT_EQ(graph.parameters()[2].at, 56U);
  EXPECT_EQ(graph.parameter_count(), 60U);
}

TEST(Graph, KnowsWhatNeedsAGradient) {
  Graph graph;
  const Tensor x = graph.input({4, 2, 2});
  const Tensor shuffled = graph.add("shuffle", PixelShuffleDesc{{4, 2, 2}}, {x});
  const Tensor y = graph.add("conv", Conv2dDesc{.input = {1, 4, 4}, .out_channels = 1}, {shuffled});
  EXPECT_FALSE(graph.values()[x.id].has_gradient);
  EXPECT_FALSE(graph.values()[shuffled.id].has_gradient);
  EXPECT_FALSE(graph.nodes()[0].has_gradient);
  EXPECT_TRUE(graph.values()[y.id].has_gradient);
  EXPECT_EQ(graph.values()[x.id].consumers, std::vector<int>{0});
}

TEST(GraphDeathTest, RefusesAShapeThatIsNotTheDescs) {
  Graph graph;
  const Tensor x = graph.input({3, 8, 8});
  EXPECT_DEATH(graph.add("norm", BatchNormDesc{{2, 8, 8}}, {x}), "3x8x8 and 2x8x8");
}

TEST(Graph, RefusesTensorsThatBackendsCannotCount) {
  Graph graph;
  const Tensor x = graph.input({1, 30000, 30000});
  EXPECT_THROW(graph.add("conv", Conv2dDesc{.input = {1, 30000, 30000}, .out_channels = 3}, {x}), Error);
}

}  // namespace
}  // namespace dipper
