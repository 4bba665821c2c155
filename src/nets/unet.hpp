// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/values.hpp"
#include "graph/graph.hpp"

namespace dipper {

/// What the U-Net is made of; the defaults are those of the published code.
struct UnetOptions {
  int feature_scale = 4;
  std::string upsampling = "deconv";
  std::string padding = "zero";
};

template <ValuesOf<UnetOptions> Options, class Visit>
void for_each_value(Options& o, Visit&& visit) {
  visit.integer("unet.feature_scale", o.feature_scale, 1, 64, "divides the channels 64, 128, 256, 512, 1024");
  visit.choice("unet.upsampling", o.upsampling, {"deconv", "nearest", "bilinear"},
               "a transposed 4x4 convolution, or one of 3x3 after enlarging");
  visit.choice("unet.padding", o.padding, {"zero", "reflect"}, "what convolutions read outside the picture");
}

/// The U-Net of Deep Image Prior's published code (after Ronneberger, Fischer, Brox, "U-Net", 2015). Five levels: two
/// 3x3 convolutions with BatchNorm and ReLU each, four times halved by max pooling; on the way back the enlarged map
/// and the level's own are joined and go through two 3x3 convolutions with ReLU alone; a 1x1 convolution at the end. z
/// is N x height x width, both multiples of 16; the result has `channels` channels in (0, 1). 2,469,539 parameters by
/// default, for 32 channels in and 3 out.
Tensor unet(Graph& graph, Tensor z, int channels, const UnetOptions& options);

}  // namespace dipper
