// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor concat(Graph& graph, const std::vector<Tensor>& parts, const std::string& name) {
  ConcatDesc desc;
  for (const Tensor part : parts) {
    desc.parts.push_back(graph.shape(part));
    DIPPER_CHECK_EQ(desc.parts.back().height, desc.parts.front().height);
    DIPPER_CHECK_EQ(desc.parts.back().width, desc.parts.front().width);
  }
  return graph.add(name, desc, parts);
}

}  // namespace dipper
