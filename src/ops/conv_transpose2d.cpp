// SPDX-License-Identifier: Apache-2.0
#include "ops/conv_transpose2d.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor conv_transpose2d(Graph& graph, Tensor x, const ConvTranspose2dOptions& options, const std::string& name) {
  DIPPER_CHECK(options.stride == 1 || options.stride == 2);
  DIPPER_CHECK(options.output_padding < options.stride);
  const ConvTranspose2dDesc desc{.input = graph.shape(x),
                                 .out_channels = options.out_channels,
                                 .kernel = options.kernel,
                                 .stride = options.stride,
                                 .padding = options.padding,
                                 .output_padding = options.output_padding};
  return graph.add(name, desc, {x});
}

}  // namespace dipper
