// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// The largest of each window of factor x factor pixels: width and height divided by `factor`, rounded down.
Tensor max_pool(Graph& graph, Tensor x, int factor, const std::string& name);

}  // namespace dipper
