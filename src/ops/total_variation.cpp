// SPDX-License-Identifier: Apache-2.0
#include "ops/total_variation.hpp"

namespace dipper {

Tensor total_variation(Graph& graph, Tensor x, Reduction reduction, const std::string& name) {
  return graph.add(name, TotalVariationDesc{graph.shape(x), reduction}, {x});
}

}  // namespace dipper
