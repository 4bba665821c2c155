// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace dipper {

/// The channels of all parts one after the other; the parts have the same width and height.
Tensor concat(Graph& graph, const std::vector<Tensor>& parts, const std::string& name);

}  // namespace dipper
