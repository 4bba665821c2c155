// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// Turns each group of factor^2 channels into one that is `factor` times as wide and high.
Tensor pixel_shuffle(Graph& graph, Tensor x, int factor, const std::string& name);

}  // namespace dipper
