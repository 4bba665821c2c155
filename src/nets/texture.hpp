// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/values.hpp"
#include "graph/graph.hpp"

namespace dipper {

/// What the texture network is made of; the defaults are those of the published code.
struct TextureOptions {
  std::vector<int> ratios{32, 16, 8, 4, 2, 1};
  int channels = 8;
  std::string upsampling = "nearest";
  std::string activation = "leaky_relu";
  std::string padding = "zero";
};

template <ValuesOf<TextureOptions> Options, class Visit>
void for_each_value(Options& o, Visit&& visit) {
  visit.integers("texture.ratios", o.ratios, 1, 1024,
                 "how much smaller than the picture each level is, from coarse to 1, each a multiple of the next");
  visit.integer("texture.channels", o.channels, 1, 256, "channels that each level adds");
  visit.choice("texture.upsampling", o.upsampling, {"nearest", "bilinear"}, "how a level's result is enlarged");
  visit.choice("texture.activation", o.activation, {"leaky_relu", "relu", "elu", "swish", "none"},
               "after each convolution's norm");
  visit.choice("texture.padding", o.padding, {"zero", "reflect"}, "what convolutions read outside the picture");
}

/// Throws Error when the ratios do not fall to 1, each a multiple of the next.
void check(const TextureOptions& options);

/// Width and height of z are multiples of this: the first ratio.
[[nodiscard]] int multiple(const TextureOptions& options);

/// The multi-scale network of Ulyanov, Lebedev, Vedaldi, Lempitsky, "Texture Networks", 2016, as Deep Image Prior's
/// published code has it. Each level averages z over ratio x ratio pixels and sends it through convolutions of 3x3, 3x3
/// and 1x1 with BatchNorm and activation; from the second on, the result so far, enlarged, and the level's own are
/// normalised, joined, and go through three more such convolutions, with `channels` for each level so far. A 1x1
/// convolution ends it. z is N x height x width, both multiples of multiple(options), which have passed check(); the
/// result has `channels` channels in (0, 1). 129,443 parameters by default, for 32 channels in and 3 out.
Tensor texture(Graph& graph, Tensor z, int channels, const TextureOptions& options);

}  // namespace dipper
