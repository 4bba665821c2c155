// SPDX-License-Identifier: Apache-2.0
#include "nets/skip.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace dipper {
namespace {

TEST(Skip, HasThePapersSize) {
  Graph graph;
  const Tensor x = skip_default(graph, graph.input({32, 512, 512}), 3);
  EXPECT_EQ(graph.shape(x), (Shape{3, 512, 512}));
  EXPECT_EQ(graph.parameter_count(), 2'217'831U);
  double flops = 0;
  for (const Graph::Node& node : graph.nodes()) {
    if (std::holds_alternative<Conv2dDesc>(node.desc)) flops += forward_flops(node.desc);
  }
  EXPECT_NEAR(flops, 2 * 77e9, 2e9);
}

TEST(Skip, LeavesOutWhatItsOptionsLeaveOut) {
  Graph graph;
  const SkipOptions options{.scales = {{16, 16, 0}, {32, 32, 8}}, .up_1x1 = false};
  const Tensor x = skip(graph, graph.input({1, 32, 16}), 1, options);
  EXPECT_EQ(graph.shape(x), (Shape{1, 32, 16}));
  const auto count = [&](const char* part) {
    return std::ranges::count_if(graph.nodes(),
                                 [&](const auto& node) { return node.name.find(part) != std::string::npos; });
  };
  EXPECT_EQ(count("concat"), 1);
  EXPECT_EQ(count("mix"), 0);
  EXPECT_EQ(count("upsample"), 2);
}

}  // namespace
}  // namespace dipper
