// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

/// What networks have in common: their blocks, and the meaning of words in their options.
namespace dipper {

/// "zero" or "reflect".
[[nodiscard]] Padding padding_of(const std::string& word);

/// "nearest" or "bilinear".
[[nodiscard]] Interpolation interpolation_of(const std::string& word);

/// "leaky_relu" of slope 0.2, "relu", "elu", "swish", or "none", which adds no layer.
Tensor activate(Graph& graph, Tensor x, const std::string& word, const std::string& name);

/// A convolution that keeps the size; its kernel has an odd side.
Tensor convolve(Graph& graph, Tensor x, int channels, int kernel, Padding padding, const std::string& name);

/// A BatchNorm and an activation: name.norm and name.activation.
Tensor normalise(Graph& graph, Tensor x, const std::string& activation, const std::string& name);

/// A convolution that keeps the size, a BatchNorm and an activation: name.conv, name.norm and name.activation.
struct BlockOptions {
  int channels = 1;
  int kernel = 3;
  Padding padding = Padding::zero;
  std::string activation = "leaky_relu";
};
Tensor block(Graph& graph, Tensor x, const BlockOptions& options, const std::string& name);

}  // namespace dipper
