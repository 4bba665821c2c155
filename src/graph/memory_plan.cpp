// SPDX-License-Identifier: Apache-2.0
#include "graph/memory_plan.hpp"

#include <algorithm>

#include "graph/arena.hpp"

namespace dipper {
namespace {

/// Pieces of memory, several of which may turn out to be one.
class Pieces {
 public:
  int add(Lifetime lifetime) {
    lifetimes_.push_back(lifetime);
    return static_cast<int>(lifetimes_.size()) - 1;
  }
  /// The piece also serves during this time.
  void extend(int piece, const Lifetime& lifetime) {
    Lifetime& own = lifetimes_[piece];
    own.first = std::min(own.first, lifetime.first);
    own.last = std::max(own.last, lifetime.last);
  }
  [[nodiscard]] const std::vector<Lifetime>& lifetimes() const { return lifetimes_; }

 private:
  std::vector<Lifetime> lifetimes_;
};

class Planner {
 public:
  Planner(const Graph& graph, const std::vector<Tensor>& kept)
      : graph_(graph), kept_(graph.values().size(), false), end_(2 * static_cast<int>(graph.nodes().size())) {
    for (const Tensor tensor : kept) kept_[tensor.id] = true;
  }

  MemoryPlan plan() {
    const std::size_t count = graph_.values().size();
    value_piece_.assign(count, -1);
    gradient_piece_.assign(count, -1);
    for (std::size_t id = 0; id < count; ++id) place_value(static_cast<int>(id));
    for (std::size_t id = count; id-- > 0;) place_gradient(static_cast<int>(id));
    std::vector<int> saved_piece;
    saved_piece.reserve(graph_.nodes().size());
    for (std::size_t number = 0; number < graph_.nodes().size(); ++number) {
      const std::size_t size = saved_size(graph_.nodes()[number].desc);
      const int node = static_cast<int>(number);
      saved_piece.push_back(size == 0 ? -1 : pieces_.add({node, backward_time(node), size * sizeof(float)}));
      total_ += size * sizeof(float);
    }
    const ArenaPlan arena = plan_arena(pieces_.lifetimes());
    const auto offsets = [&arena](const std::vector<int>& pieces) {
      std::vector<std::size_t> at;
      at.reserve(pieces.size());
      for (const int piece : pieces) at.push_back(piece < 0 ? MemoryPlan::none : arena.offsets[piece]);
      return at;
    };
    return {offsets(value_piece_), offsets(gradient_piece_), offsets(saved_piece), arena.bytes, arena.floor, total_};
  }

 private:
  [[nodiscard]] int backward_time(int node) const { return end_ - 1 - node; }
  [[nodiscard]] bool is_input(int id) const { return graph_.values()[id].producer < 0; }
  [[nodiscard]] std::size_t bytes(int id) const { return graph_.values()[id].shape.size() * sizeof(float); }

  [[nodiscard]] Lifetime value_lifetime(int id) const {
    const Graph::Value& value = graph_.values()[id];
    if (is_input(id)) return {0, end_, bytes(id)};
    Lifetime life{value.producer, value.producer, bytes(id)};
    const Graph::Node& producer = graph_.nodes()[value.producer];
    if (producer.has_gradient && backward_reads(producer.desc).output) life.last = backward_time(value.producer);
    for (const int consumer : value.consumers) {
      const Graph::Node& node = graph_.nodes()[consumer];
      const bool again = node.has_gradient && backward_reads(node.desc).inputs;
      life.last = std::max(life.last, again ? backward_time(consumer) : consumer);
    }
    if (kept_[id]) life.last = end_;
    return life;
  }

  // Whether the node that writes this value may write it over its input.
  [[nodiscard]] bool overwrites_input(int id) const {
    const int producer = graph_.values()[id].producer;
    const Graph::Node& node = graph_.nodes()[producer];
    if (!in_place(node.desc).forward || backward_reads(node.desc).inputs) return false;
    const int x = node.inputs[0].id;
    if (is_input(x) || kept_[x] || graph_.values()[x].consumers.size() != 1) return false;
    const Graph::Node& before = graph_.nodes()[graph_.values()[x].producer];
    return !backward_reads(before.desc).output;
  }

  void place_value(int id) {
    total_ += bytes(id);
    if (!is_input(id) && overwrites_input(id)) {
      const Graph::Node& node = graph_.nodes()[graph_.values()[id].producer];
      value_piece_[id] = value_piece_[node.inputs[0].id];
      pieces_.extend(value_piece_[id], value_lifetime(id));
    } else {
      value_piece_[id] = pieces_.add(value_lifetime(id));
    }
  }

  // Values come in reverse order here, so that the gradient of a consumer's output has its place already.
  void place_gradient(int id) {
    const Graph::Value& value = graph_.values()[id];
    if (!value.has_gradient) return;
    total_ += bytes(id);
    // Consumers run backward from the last one, which writes first; the loss has none and its gradient is set before.
    const int first = value.consumers.empty() ? end_ / 2 : backward_time(value.consumers.back());
    const Lifetime life{first, is_input(id) ? end_ : backward_time(value.producer), bytes(id)};
    if (value.consumers.size() == 1 && !is_input(id)) {
      const Graph::Node& consumer = graph_.nodes()[value.consumers[0]];
      if (in_place(consumer.desc).backward) {
        gradient_piece_[id] = gradient_piece_[consumer.output.id];
        pieces_.extend(gradient_piece_[id], life);
        return;
      }
    }
    gradient_piece_[id] = pieces_.add(life);
  }

  const Graph& graph_;
  std::vector<bool> kept_;
  int end_;  // one past the last pass: forward passes are times 0 to n - 1, backward ones n to 2 n - 1
  Pieces pieces_;
  std::vector<int> value_piece_;
  std::vector<int> gradient_piece_;
  std::size_t total_ = 0;
};

}  // namespace

MemoryPlan plan_memory(const Graph& graph, const std::vector<Tensor>& kept) {
  return Planner(graph, kept).plan();
}

}  // namespace dipper
