// SPDX-License-Identifier: Apache-2.0
#include "ops/pixel_shuffle.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor pixel_shuffle(Graph& graph, Tensor x, int factor, const std::string& name) {
  DIPPER_CHECK_EQ(graph.shape(x).channels % (factor * factor), 0);
  return graph.add(name, PixelShuffleDesc{graph.shape(x), factor}, {x});
}

}  // namespace dipper
