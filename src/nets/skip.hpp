// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/values.hpp"
#include "graph/graph.hpp"

namespace dipper {

/// What the encoder-decoder with skip connections is made of; the defaults are those of the paper's denoising network.
/// `down` has a value for each scale, the full size first; the other lists have as many or a single value for all.
struct SkipOptions {
  std::vector<int> down = std::vector<int>(5, 128);
  std::vector<int> up{128};
  std::vector<int> skip{4};
  std::vector<int> down_kernel{3};
  std::vector<int> up_kernel{3};
  int skip_kernel = 1;
  std::vector<std::string> upsampling{"bilinear"};
  std::string downsampling = "stride";
  std::string padding = "reflect";
  std::string activation = "leaky_relu";
  bool mix = true;
};

template <ValuesOf<SkipOptions> Options, class Visit>
void for_each_value(Options& o, Visit&& visit) {
  visit.integers("skip.down", o.down, 1, 4096, "channels on the way down, a value for each scale, the full size first");
  visit.integers("skip.up", o.up, 1, 4096, "channels on the way up");
  visit.integers("skip.skip", o.skip, 0, 4096, "channels of the skip connections; 0: none");
  visit.integers("skip.down_kernel", o.down_kernel, 1, 31, "side of the kernels on the way down, an odd number");
  visit.integers("skip.up_kernel", o.up_kernel, 1, 31, "side of the kernels on the way up, an odd number");
  visit.integer("skip.skip_kernel", o.skip_kernel, 1, 31, "side of the skip connections' kernels, an odd number");
  visit.choices("skip.upsampling", o.upsampling, {"nearest", "bilinear"}, "how a scale's result is enlarged");
  visit.choice("skip.downsampling", o.downsampling, {"stride", "average", "max", "lanczos2"},
               "by the convolution's stride, or by pooling what it makes");
  visit.choice("skip.padding", o.padding, {"zero", "reflect"}, "what convolutions read outside the picture");
  visit.choice("skip.activation", o.activation, {"leaky_relu", "relu", "elu", "swish", "none"},
               "after each convolution's norm");
  visit.flag("skip.mix", o.mix, "one more convolution, 1x1, at the end of each scale");
}

/// Throws Error when lists differ in length, a kernel has an even side, or there are more scales than 10.
void check(const SkipOptions& options);

/// Width and height of z are multiples of this: 2^scales.
[[nodiscard]] int multiple(const SkipOptions& options);

/// The paper's network "skip" (Ulyanov, Vedaldi, Lempitsky, "Deep Image Prior", 2017, and its published code). At each
/// scale: a convolution aside; down by a convolution with a stride or with pooling after it, one more, the next scale,
/// and up again; both joined, normalised, and convolved. z is N x height x width, both multiples of multiple(options),
/// which have passed check(); the result has `channels` channels in (0, 1). 2,217,831 parameters by default, for 32
/// channels in and 3 out.
Tensor skip(Graph& graph, Tensor z, int channels, const SkipOptions& options);

}  // namespace dipper
