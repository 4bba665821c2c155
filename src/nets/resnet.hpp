// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/values.hpp"
#include "graph/graph.hpp"

namespace dipper {

/// What the residual network is made of.
struct ResnetOptions {
  int blocks = 8;
  int channels = 32;
  bool norm = true;
  std::string activation = "leaky_relu";
  std::string padding = "reflect";
};

template <ValuesOf<ResnetOptions> Options, class Visit>
void for_each_value(Options& o, Visit&& visit) {
  visit.integer("resnet.blocks", o.blocks, 0, 1000, "residual blocks, of two convolutions each");
  visit.integer("resnet.channels", o.channels, 1, 4096, "channels of every layer but the last");
  visit.flag("resnet.norm", o.norm, "a BatchNorm after every convolution in a block and before the last one");
  visit.choice("resnet.activation", o.activation, {"leaky_relu", "relu", "elu", "swish", "none"},
               "after the first convolution and in each block");
  visit.choice("resnet.padding", o.padding, {"zero", "reflect"}, "what convolutions read outside the picture");
}

/// The residual network of Deep Image Prior's published code (after He et al., "Deep residual learning for image
/// recognition", 2016), at full size throughout: a 3x3 convolution and an activation; blocks of 3x3 convolution,
/// BatchNorm, activation, 3x3 convolution and BatchNorm, added to what they read; a 3x3 convolution with BatchNorm, and
/// a last one. z is N x height x width; the result has `channels` channels in (0, 1). 168,419 parameters by default,
/// for 32 channels in and 3 out. Without norms (Lim et al., "Enhanced deep residual networks for single image
/// super-resolution", 2017) each pixel depends on those near it alone.
Tensor resnet(Graph& graph, Tensor z, int channels, const ResnetOptions& options);

}  // namespace dipper
