// SPDX-License-Identifier: Apache-2.0
#include "nets/parts.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

TEST(Parts, WordsMeanWhatTheySay) {
  EXPECT_EQ(padding_of("zero"), Padding::zero);
  EXPECT_EQ(padding_of("reflect"), Padding::reflect);
  EXPECT_EQ(interpolation_of("nearest"), Interpolation::nearest);
  EXPECT_EQ(interpolation_of("bilinear"), Interpolation::bilinear);
}

TEST(Parts, ActivationsAreTheirLayers) {
  Graph graph;
  const Tensor x = graph.input({2, 4, 4});
  const auto desc_of = [&](const char* word) {
    activate(graph, x, word, word);
    return graph.nodes().back().desc;
  };
  EXPECT_EQ(std::get<LeakyReluDesc>(desc_of("leaky_relu")).slope, 0.2);
  EXPECT_EQ(std::get<LeakyReluDesc>(desc_of("relu")).slope, 0);
  EXPECT_TRUE(std::holds_alternative<EluDesc>(desc_of("elu")));
  EXPECT_TRUE(std::holds_alternative<SwishDesc>(desc_of("swish")));
  const std::size_t layers = graph.nodes().size();
  EXPECT_EQ(activate(graph, x, "none", "none"), x);
  EXPECT_EQ(graph.nodes().size(), layers);
}

TEST(Parts, ABlockKeepsTheSize) {
  for (const int kernel : {1, 3, 5, 7}) {
    Graph graph;
    const Tensor x = block(graph, graph.input({2, 3, 5}), {.channels = 4, .kernel = kernel}, "name");
    EXPECT_EQ(graph.shape(x), (Shape{4, 3, 5})) << kernel;
    ASSERT_EQ(graph.nodes().size(), 3U);
    EXPECT_EQ(graph.nodes()[0].name, "name.conv");
    EXPECT_EQ(graph.nodes()[1].name, "name.norm");
    EXPECT_EQ(graph.nodes()[2].name, "name.activation");
  }
}

TEST(PartsDeathTest, OtherWordsAreBugs) {
  Graph graph;
  const Tensor x = graph.input({1, 2, 2});
  EXPECT_DEATH((void)padding_of("mirror"), "zero");
  EXPECT_DEATH((void)interpolation_of("cubic"), "nearest");
  EXPECT_DEATH(activate(graph, x, "tanh", "name"), "tanh");
  EXPECT_DEATH(convolve(graph, x, 1, 4, Padding::zero, "name"), "kernel");
}

}  // namespace
}  // namespace dipper
