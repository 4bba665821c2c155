// SPDX-License-Identifier: Apache-2.0
// Values are checked against PyTorch in tests/golden.
#include "nets/hourglass.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

double convolution_flops(const Graph& graph) {
  double flops = 0;
  for (const Graph::Node& node : graph.nodes()) {
    const bool convolution =
        std::holds_alternative<Conv2dDesc>(node.desc) || std::holds_alternative<ConvTranspose2dDesc>(node.desc);
    flops += convolution ? forward_flops(node.desc) : 0;
  }
  return flops;
}

TEST(Hourglass, ShuffleHasThePublishedSize) {
  Graph graph;
  hourglass_shuffle(graph, graph.input({3, 512, 512}), 3);
  EXPECT_EQ(graph.parameter_count(), 1412801U);
  EXPECT_NEAR(convolution_flops(graph) / 1e9, 1.48, 0.02);
}

TEST(Hourglass, DeconvHasThePublishedSize) {
  Graph graph;
  hourglass_deconv(graph, graph.input({3, 512, 512}), 3);
  EXPECT_EQ(graph.parameter_count(), 1786545U);
  EXPECT_NEAR(convolution_flops(graph) / 1e9, 1.0, 0.06);
}

TEST(Hourglass, SkipsJoinLevelsThreeToFive) {
  for (const auto build : {hourglass_shuffle, hourglass_deconv}) {
    Graph graph;
    build(graph, graph.input({3, 64, 64}), 3);
    int skips = 0;
    for (const Graph::Node& node : graph.nodes()) skips += node.name.starts_with("skip") ? 1 : 0;
    EXPECT_EQ(skips, 3);
  }
}

}  // namespace
}  // namespace dipper
