// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// How much neighbouring pixels of x differ: the sum, or the mean over all elements, of the lengths of their gradients
/// (Rudin, Osher and Fatemi, 1992), one element. To be added to a loss with add().
Tensor total_variation(Graph& graph, Tensor x, Reduction reduction, const std::string& name);

}  // namespace dipper
