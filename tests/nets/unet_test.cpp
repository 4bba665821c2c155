// SPDX-License-Identifier: Apache-2.0
// Values are checked against PyTorch in tests/golden.
#include "nets/unet.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

std::size_t parameters_of(const UnetOptions& options) {
  Graph graph;
  const Tensor x = unet(graph, graph.input({32, 48, 16}), 3, options);
  EXPECT_EQ(graph.shape(x), (Shape{3, 48, 16}));
  return graph.parameter_count();
}

// Counted by hand from the definition.
TEST(Unet, HasThePublishedSizes) {
  EXPECT_EQ(parameters_of({}), 2'469'539U);
  EXPECT_EQ(parameters_of({.feature_scale = 8}), 619'475U);
  EXPECT_EQ(parameters_of({.feature_scale = 1}), 39'412'355U);
}

TEST(Unet, ConvolvesInPlaceOfTransposingWhereAsked) {
  EXPECT_EQ(parameters_of({.upsampling = "nearest"}), 2'164'899U);
  EXPECT_EQ(parameters_of({.upsampling = "bilinear"}), 2'164'899U);
}

TEST(Unet, PadsAsAsked) {
  for (const char* padding : {"zero", "reflect"}) {
    Graph graph;
    unet(graph, graph.input({1, 16, 16}), 1, {.feature_scale = 32, .padding = padding});
    for (const Graph::Node& node : graph.nodes()) {
      const auto* const conv = std::get_if<Conv2dDesc>(&node.desc);
      if (conv == nullptr || conv->kernel == 1) continue;
      EXPECT_EQ(conv->mode == Padding::zero, std::string(padding) == "zero") << node.name;
    }
  }
}

}  // namespace
}  // namespace dipper
