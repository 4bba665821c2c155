// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// Enlarges `factor` times.
Tensor upsample(Graph& graph, Tensor x, int factor, Interpolation interpolation, const std::string& name);

}  // namespace dipper
