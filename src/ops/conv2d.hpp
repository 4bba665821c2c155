// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// A convolution with bias, batch 1; `padding` rows and columns at each edge.
struct Conv2dOptions {
  int out_channels = 1;
  int kernel = 3;
  int stride = 1;
  int padding = 1;
  Padding mode = Padding::zero;
};
Tensor conv2d(Graph& graph, Tensor x, const Conv2dOptions& options, const std::string& name);

}  // namespace dipper
