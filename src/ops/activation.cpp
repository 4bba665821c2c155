// SPDX-License-Identifier: Apache-2.0
#include "ops/activation.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor leaky_relu(Graph& graph, Tensor x, double slope, const std::string& name) {
  DIPPER_CHECK(slope >= 0 && slope < 1);
  return graph.add(name, LeakyReluDesc{graph.shape(x), slope}, {x});
}

Tensor relu(Graph& graph, Tensor x, const std::string& name) {
  return leaky_relu(graph, x, 0, name);
}

Tensor sigmoid(Graph& graph, Tensor x, const std::string& name) {
  return graph.add(name, SigmoidDesc{graph.shape(x)}, {x});
}

Tensor elu(Graph& graph, Tensor x, const std::string& name) {
  return graph.add(name, EluDesc{graph.shape(x)}, {x});
}

Tensor swish(Graph& graph, Tensor x, const std::string& name) {
  return graph.add(name, SwishDesc{graph.shape(x)}, {x});
}

}  // namespace dipper
