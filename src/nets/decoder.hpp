// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/values.hpp"
#include "graph/graph.hpp"

namespace dipper {

/// What the Deep Decoder is made of; the defaults are the paper's.
struct DecoderOptions {
  int channels = 128;
  int upsamplings = 5;
  std::string upsampling = "bilinear";
};

template <ValuesOf<DecoderOptions> Options, class Visit>
void for_each_value(Options& o, Visit&& visit) {
  visit.integer("decoder.channels", o.channels, 1, 4096, "channels of every layer but the last");
  visit.integer("decoder.upsamplings", o.upsamplings, 0, 10, "how often the size doubles; z is that much smaller");
  visit.choice("decoder.upsampling", o.upsampling, {"nearest", "bilinear"}, "how the size doubles");
}

/// Width and height of the canvas are multiples of this: 2^upsamplings.
[[nodiscard]] int multiple(const DecoderOptions& options);

/// The input for a canvas: smaller by multiple(options).
[[nodiscard]] Shape z_shape(const Shape& canvas, int channels, const DecoderOptions& options);

/// The Deep Decoder (Heckel and Hand, "Deep Decoder: Concise Image Representations from Untrained Non-convolutional
/// Networks", 2019): a 1x1 convolution, twice the size, ReLU and BatchNorm, as often as there are upsamplings; the same
/// once more without enlarging; a 1x1 convolution. The paper's convolutions have no bias, these have. z has z_shape();
/// the result has `channels` channels in (0, 1). 100,995 parameters by default, for the paper's 128 channels in and 3
/// out.
Tensor decoder(Graph& graph, Tensor z, int channels, const DecoderOptions& options);

}  // namespace dipper
