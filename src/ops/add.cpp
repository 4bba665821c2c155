// SPDX-License-Identifier: Apache-2.0
#include "ops/add.hpp"

namespace dipper {

Tensor add(Graph& graph, Tensor a, Tensor b, const std::string& name, double scale) {
  return graph.add(name, AddDesc{graph.shape(a), scale}, {a, b});
}

}  // namespace dipper
