// SPDX-License-Identifier: Apache-2.0
#include "ops/batch_norm.hpp"

namespace dipper {

Tensor batch_norm(Graph& graph, Tensor x, const std::string& name, double epsilon) {
  return graph.add(name, BatchNormDesc{graph.shape(x), epsilon}, {x});
}

}  // namespace dipper
