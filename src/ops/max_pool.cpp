// SPDX-License-Identifier: Apache-2.0
#include "ops/max_pool.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor max_pool(Graph& graph, Tensor x, int factor, const std::string& name) {
  DIPPER_CHECK(factor > 0);
  const MaxPoolDesc desc{graph.shape(x), factor};
  DIPPER_CHECK(desc.output().height > 0 && desc.output().width > 0);
  return graph.add(name, desc, {x});
}

}  // namespace dipper
