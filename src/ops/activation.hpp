// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// x where it is positive, else slope * x.
Tensor leaky_relu(Graph& graph, Tensor x, double slope, const std::string& name);

/// x where it is positive, else 0.
Tensor relu(Graph& graph, Tensor x, const std::string& name);

/// 1 / (1 + exp(-x)).
Tensor sigmoid(Graph& graph, Tensor x, const std::string& name);

/// x where it is positive, else exp(x) - 1 (Clevert, Unterthiner and Hochreiter, 2016).
Tensor elu(Graph& graph, Tensor x, const std::string& name);

/// x times its sigmoid (Ramachandran, Zoph and Le, 2017).
Tensor swish(Graph& graph, Tensor x, const std::string& name);

}  // namespace dipper
