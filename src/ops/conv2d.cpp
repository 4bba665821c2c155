// SPDX-License-Identifier: Apache-2.0
#include "ops/conv2d.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor conv2d(Graph& graph, Tensor x, const Conv2dOptions& options, const std::string& name) {
  DIPPER_CHECK(options.stride == 1 || options.stride == 2);
  const Conv2dDesc desc{.input = graph.shape(x),
                        .out_channels = options.out_channels,
                        .kernel = options.kernel,
                        .stride = options.stride,
                        .padding = options.padding,
                        .mode = options.mode};
  DIPPER_CHECK(desc.output().height > 0 && desc.output().width > 0);
  return graph.add(name, desc, {x});
}

}  // namespace dipper
