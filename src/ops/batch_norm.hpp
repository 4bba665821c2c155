// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// Normalises each channel by its own mean and variance, then scales and shifts it by parameters that begin as 1 and 0.
Tensor batch_norm(Graph& graph, Tensor x, const std::string& name, double epsilon = 1e-5);

}  // namespace dipper
