// SPDX-License-Identifier: Apache-2.0
// Values are checked against PyTorch in tests/golden.
#include "nets/decoder.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

std::size_t parameters_of(const DecoderOptions& options) {
  const Shape canvas{3, 3 * multiple(options), multiple(options)};
  Graph graph;
  const Tensor x = decoder(graph, graph.input(z_shape(canvas, 128, options)), 3, options);
  EXPECT_EQ(graph.shape(x), canvas);
  return graph.parameter_count();
}

// The paper counts 100,224 for its six layers of 128 channels; here each convolution has a bias besides.
TEST(Decoder, HasThePapersSizeAndItsBiases) {
  EXPECT_EQ(parameters_of({}), 100'224U + 6 * 128 + 3);
}

TEST(Decoder, EachUpsamplingHalvesTheInput) {
  EXPECT_EQ(z_shape({3, 512, 256}, 128, {}), (Shape{128, 16, 8}));
  EXPECT_EQ(z_shape({1, 24, 8}, 7, {.upsamplings = 3}), (Shape{7, 3, 1}));
  EXPECT_EQ(z_shape({1, 5, 3}, 7, {.upsamplings = 0}), (Shape{7, 5, 3}));
  for (const int upsamplings : {0, 1, 4}) {
    EXPECT_EQ(parameters_of({.channels = 128, .upsamplings = upsamplings}),
              static_cast<std::size_t>((upsamplings + 1) * (128 * 128 + 3 * 128) + 3 * 128 + 3));
  }
}

}  // namespace
}  // namespace dipper
