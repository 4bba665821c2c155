// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.hpp"

namespace dipper {

/// A graph that computes the same with fewer passes over memory.
struct FusedGraph {
  Graph graph;
  std::vector<Tensor> tensors;  // where each tensor of the old graph is now; id -1: nowhere
  std::vector<int> saved_by;    // or the node that has it as what it saves; -1: none
};

/// Rewrites what pays on every backend; parameters keep their names and places, and the `kept` tensors stay.
/// 1. A LeakyReLU that alone reads a BatchNorm becomes part of it.
/// 2. A sigmoid that alone a loss reads becomes part of that, which saves the sigmoid's output.
/// 3. A BatchNorm whose readers can all normalise as they load is deferred: its output is never stored.
[[nodiscard]] FusedGraph fuse(const Graph& graph, const std::vector<Tensor>& kept);

/// The graph as it is.
[[nodiscard]] FusedGraph unfused(const Graph& graph);

}  // namespace dipper
