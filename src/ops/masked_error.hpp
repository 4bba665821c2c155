// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace dipper {

/// The sum, or the mean over all elements, of weights * error(x, target): one element. Weights are 1 x height x width.
Tensor masked_error(Graph& graph, Tensor x, Tensor target, Tensor weights, Reduction reduction, const std::string& name,
                    ErrorKind kind = ErrorKind::squared);

}  // namespace dipper
