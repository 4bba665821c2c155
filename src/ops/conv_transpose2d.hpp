// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// A transposed convolution with bias: with kernel 4, stride 2 and padding 1 it doubles the size.
struct ConvTranspose2dOptions {
  int out_channels = 1;
  int kernel = 4;
  int stride = 2;
  int padding = 1;
  int output_padding = 0;
};
Tensor conv_transpose2d(Graph& graph, Tensor x, const ConvTranspose2dOptions& options, const std::string& name);

}  // namespace dipper
