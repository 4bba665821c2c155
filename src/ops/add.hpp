// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// a + scale * b, of one shape. Where a is what others read too, as in a residual block, it costs least as the first.
Tensor add(Graph& graph, Tensor a, Tensor b, const std::string& name, double scale = 1);

}  // namespace dipper
