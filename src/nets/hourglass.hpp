// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graph/graph.hpp"

namespace dipper {

/// An hourglass of six levels: strided 5x5 convolutions down to 256 channels at a 64th of the width, and back up by
/// pixel shuffle and 5x5 convolutions; skip connections of four channels at levels 3 to 5. z is N x height x width with
/// both multiples of 64; the result has `channels` channels in (0, 1). 1,412,801 parameters for 3 channels in and out.
Tensor hourglass_shuffle(Graph& graph, Tensor z, int channels);

/// The same way down; back up by transposed 4x4 convolutions. 1,786,545 parameters for 3 channels in and out.
Tensor hourglass_deconv(Graph& graph, Tensor z, int channels);

}  // namespace dipper
