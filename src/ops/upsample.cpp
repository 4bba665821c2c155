// SPDX-License-Identifier: Apache-2.0
#include "ops/upsample.hpp"

namespace dipper {

Tensor upsample(Graph& graph, Tensor x, int factor, Interpolation interpolation, const std::string& name) {
  return graph.add(name, UpsampleDesc{graph.shape(x), factor, interpolation}, {x});
}

}  // namespace dipper
