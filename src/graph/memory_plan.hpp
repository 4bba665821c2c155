// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "graph/graph.hpp"
#include "graph/storage.hpp"

namespace dipper {

/// Where every tensor of a graph lies during an iteration: forward over all nodes, then backward over them in reverse.
struct MemoryPlan {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::vector<std::size_t> values;     // offset in bytes of each value, or none where it is not stored
  std::vector<std::size_t> gradients;  // of its gradient, or none
  std::vector<std::size_t> saved;      // what a node's forward leaves for its backward, or none
  std::size_t bytes = 0;               // of the arena
  std::size_t floor = 0;               // the most that is in use at one time
  std::size_t tensors = 0;             // the sum of all of them: what it would take without sharing
};

/// How long a tensor keeps its memory: until the last pass that reads it, or until the iteration ends, so that passes
/// that do not work in place may run later than in their turn.
enum class Lives { until_read, until_end };

/// Plans one iteration on memory where tensors lie as `storage` says. The `kept` values can be read after it, and what
/// the `kept_saved` nodes save; inputs and gradients of inputs always can. A value lives until the last pass that reads
/// it, at least. A layer that works in place shares its input's memory when nobody else needs that, and the parts of a
/// concatenation that joins in place are written into it, so that nothing is copied; gradients likewise.
[[nodiscard]] MemoryPlan plan_memory(const Graph& graph, const Storage& storage, const std::vector<Tensor>& kept,
                                     const std::vector<int>& kept_saved = {}, Lives lives = Lives::until_read);

}  // namespace dipper
