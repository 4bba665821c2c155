// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "graph/graph.hpp"
#include "kernels/backend.hpp"

namespace dipper {

/// How the tensors of a graph lie in a backend's memory.
struct Storage {
  std::vector<Format> formats;     // of each value, and of its gradient
  std::vector<std::size_t> bytes;  // that it takes, and its gradient
  std::vector<bool> joined;        // for each node: a concatenation that its parts, one after the other, are
};

/// A value is plain when it is an input that losses alone read, as target or weights, or what a loss makes, or the sum
/// of plain values. All others are native: those that layers pass on to each other.
[[nodiscard]] Storage storage_of(const Graph& graph, const Backend& backend);

/// What a layer is to be made for.
[[nodiscard]] Formats formats_of(const Graph::Node& node, const Storage& storage);

}  // namespace dipper
