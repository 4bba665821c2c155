// SPDX-License-Identifier: Apache-2.0
#include "ops/masked_squared_error.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor masked_squared_error(Graph& graph, Tensor x, Tensor target, Tensor weights, Reduction reduction,
                            const std::string& name) {
  DIPPER_CHECK(!graph.values()[target.id].has_gradient && !graph.values()[weights.id].has_gradient);
  return graph.add(name, MaskedSquaredErrorDesc{graph.shape(x), reduction}, {x, target, weights});
}

}  // namespace dipper
