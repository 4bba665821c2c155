// SPDX-License-Identifier: Apache-2.0
// Values are checked against PyTorch in tests/golden.
#include "nets/texture.hpp"

#include <gtest/gtest.h>

#include <string>

#include "dipper/error.hpp"

namespace dipper {
namespace {

std::size_t parameters_of(const TextureOptions& options) {
  check(options);
  Graph graph;
  const int side = multiple(options);
  const Tensor x = texture(graph, graph.input({32, 3 * side, side}), 3, options);
  EXPECT_EQ(graph.shape(x), (Shape{3, 3 * side, side}));
  return graph.parameter_count();
}

// Counted by hand from the definition.
TEST(Texture, HasThePublishedSize) {
  EXPECT_EQ(parameters_of({}), 129'443U);
}

TEST(Texture, TakesOtherRatios) {
  const auto convolution = [](std::size_t in, std::size_t out, std::size_t kernel) {
    return in * out * kernel * kernel + out;
  };
  EXPECT_EQ(parameters_of({.ratios = {1}, .channels = 4}),
            convolution(32, 4, 3) + convolution(4, 4, 3) + convolution(4, 4, 1) + 3 * 8 + convolution(4, 3, 1));
  EXPECT_EQ(multiple({.ratios = {12, 3, 1}}), 12);
  EXPECT_EQ(parameters_of({.ratios = {12, 3, 1}}), parameters_of({.ratios = {4, 2, 1}}));
}

TEST(Texture, RefusesRatiosThatDoNotFallToOne) {
  for (const std::vector<int>& ratios : {std::vector<int>{4, 2}, {1, 2, 4}, {6, 4, 1}, {2, 2, 1}, {2}}) {
    EXPECT_THROW(check(TextureOptions{.ratios = ratios}), Error) << testing::PrintToString(ratios);
  }
  try {
    check(TextureOptions{.ratios = {6, 4, 1}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "texture.ratios is 6,4,1 but must fall to 1, each a multiple of the next, such as 8,4,2,1");
  }
}

}  // namespace
}  // namespace dipper
