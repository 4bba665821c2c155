// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.hpp"

namespace dipper {

/// What the encoder-decoder with skip connections is made of; the defaults are those of the paper's denoising network.
struct SkipOptions {
  /// Channels of one scale; the first is that of the full size.
  struct Scale {
    int down = 128;
    int up = 128;
    int skip = 4;  // 0: no skip connection
  };
  std::vector<Scale> scales = std::vector<Scale>(5);
  int down_kernel = 3;
  int up_kernel = 3;
  bool up_1x1 = true;  // a 1x1 convolution after that of up_kernel
  Padding padding = Padding::reflect;
  Interpolation upsampling = Interpolation::bilinear;
  double slope = 0.2;
};

/// The paper's network "skip" (Ulyanov, Vedaldi, Lempitsky, "Deep Image Prior", 2017, and its published code). At each
/// scale: a 1x1 convolution aside; down by a strided convolution, one more, the next scale, and up again; both joined,
/// normalised, and convolved. z is N x height x width, both multiples of 2^scales; the result has `channels` channels
/// in (0, 1). 2,217,831 parameters by default, for 32 channels in and 3 out.
Tensor skip(Graph& graph, Tensor z, int channels, const SkipOptions& options);

/// With the default options.
Tensor skip_default(Graph& graph, Tensor z, int channels);

}  // namespace dipper
