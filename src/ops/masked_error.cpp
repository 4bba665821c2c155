// SPDX-License-Identifier: Apache-2.0
#include "ops/masked_error.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor masked_error(Graph& graph, Tensor x, Tensor target, Tensor weights, Reduction reduction, const std::string& name,
                    ErrorKind kind) {
  DIPPER_CHECK(!graph.values()[target.id].has_gradient && !graph.values()[weights.id].has_gradient);
  const MaskedErrorDesc desc{.input = graph.shape(x), .reduction = reduction, .kind = kind};
  return graph.add(name, desc, {x, target, weights});
}

}  // namespace dipper
