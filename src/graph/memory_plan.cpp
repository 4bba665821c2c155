// SPDX-License-Identifier: Apache-2.0
#include "graph/memory_plan.hpp"

#include <algorithm>

#include "graph/arena.hpp"

namespace dipper {
namespace {

constexpr std::size_t alignment = 256;  // bytes, of which a GPU reads whole lines

/// Where a tensor lies: at an offset inside another one that it shares memory with, or in memory of its own.
struct Home {
  int host = -1;  // a tensor that has memory of its own
  std::size_t offset = 0;
};

class Planner {
 public:
  Planner(const Graph& graph, const Storage& storage, const std::vector<Tensor>& kept, Lives lives)
      : graph_(graph),
        storage_(storage),
        lives_(lives),
        kept_(graph.values().size(), false),
        end_(2 * static_cast<int>(graph.nodes().size())) {
    for (const Tensor tensor : kept) kept_[tensor.id] = true;
    for (int id = 0; id < count(); ++id) value_homes_.push_back({id, 0});
    gradient_homes_ = value_homes_;
    // Hosts are settled before their guests: values follow what is made of them, gradients what they are made of.
    for (int id = count(); id-- > 0;) settle_inputs_of(id);
    for (int id = count(); id-- > 0;) settle_gradient(id);
  }

  MemoryPlan plan(const std::vector<int>& kept_saved) {
    std::vector<int> value_pieces(graph_.values().size(), -1);
    std::vector<int> gradient_pieces(graph_.values().size(), -1);
    for (int id = 0; id < count(); ++id) {
      if (is_stored(id)) place(value_homes_[id].host, value_lifetime(id), value_pieces);
    }
    for (int id = 0; id < count(); ++id) {
      if (graph_.values()[id].has_gradient) place(gradient_homes_[id].host, gradient_lifetime(id), gradient_pieces);
    }
    std::vector<int> saved_pieces(graph_.nodes().size(), -1);
    for (int node = 0; node < static_cast<int>(saved_pieces.size()); ++node) {
      const std::size_t size = saved_size(graph_.nodes()[node].desc);
      if (size == 0) continue;
      const int last = std::ranges::count(kept_saved, node) > 0 ? end_ : backward_time(node);
      place(node, {saved_from(node), last, size * sizeof(float)}, saved_pieces);
    }
    const ArenaPlan arena = plan_arena(pieces_, alignment);
    MemoryPlan plan;
    plan.bytes = arena.bytes;
    plan.floor = arena.floor;
    plan.tensors = total_;
    for (int id = 0; id < count(); ++id) {
      const Graph::Value& value = graph_.values()[id];
      const Home v = value_homes_[id];
      const Home g = gradient_homes_[id];
      plan.values.push_back(is_stored(id) ? arena.offsets[value_pieces[v.host]] + v.offset : MemoryPlan::none);
      plan.gradients.push_back(value.has_gradient ? arena.offsets[gradient_pieces[g.host]] + g.offset
                                                  : MemoryPlan::none);
    }
    for (const int piece : saved_pieces) plan.saved.push_back(piece < 0 ? MemoryPlan::none : arena.offsets[piece]);
    return plan;
  }

 private:
  [[nodiscard]] int count() const { return static_cast<int>(graph_.values().size()); }
  [[nodiscard]] int backward_time(int node) const { return end_ - 1 - node; }
  [[nodiscard]] bool is_input(int id) const { return graph_.values()[id].producer < 0; }
  [[nodiscard]] std::size_t bytes(int id) const { return storage_.bytes[id]; }
  [[nodiscard]] const Graph::Node& producer(int id) const { return graph_.nodes()[graph_.values()[id].producer]; }
  [[nodiscard]] bool same_format(int a, int b) const { return storage_.formats[a] == storage_.formats[b]; }
  // Whether what the node that writes this value reads may lie inside of it.
  [[nodiscard]] bool is_joined(int id) const { return storage_.joined[graph_.values()[id].producer]; }
  [[nodiscard]] bool is_stored(int id) const { return is_input(id) || stores_output(producer(id).desc); }

  // What a norm saves may be left by the layer before.
  [[nodiscard]] int saved_from(int node) const {
    const int before = graph_.node_before_norm(node);
    return before >= 0 ? before : node;
  }

  // Adds a tensor's time to the piece of memory of its host, whose size is the largest that comes.
  void place(int host, Lifetime lifetime, std::vector<int>& pieces) {
    total_ += lifetime.bytes;
    if (lives_ == Lives::until_end) lifetime.last = end_;
    if (pieces[host] < 0) {
      pieces[host] = static_cast<int>(pieces_.size());
      pieces_.push_back(lifetime);
      return;
    }
    Lifetime& piece = pieces_[pieces[host]];
    piece.first = std::min(piece.first, lifetime.first);
    piece.last = std::max(piece.last, lifetime.last);
    piece.bytes = std::max(piece.bytes, lifetime.bytes);
  }

  [[nodiscard]] Lifetime value_lifetime(int id) const {
    const Graph::Value& value = graph_.values()[id];
    if (is_input(id)) return {0, end_, bytes(id)};
    Lifetime life{value.producer, value.producer, bytes(id)};
    if (producer(id).has_gradient && backward_reads(producer(id).desc).output)
      life.last = backward_time(value.producer);
    for (const int consumer : value.consumers) {
      const Graph::Node& node = graph_.nodes()[consumer];
      const bool again = node.has_gradient && backward_reads(node.desc).inputs;
      life.last = std::max(life.last, again ? backward_time(consumer) : consumer);
    }
    if (kept_[id]) life.last = end_;
    return life;
  }

  [[nodiscard]] Lifetime gradient_lifetime(int id) const {
    const Graph::Value& value = graph_.values()[id];
    // Consumers run backward from the last one, which writes first; the loss has none and its gradient is set before.
    const int first = value.consumers.empty() ? end_ / 2 : backward_time(value.consumers.back());
    return {first, is_input(id) ? end_ : backward_time(value.producer), bytes(id)};
  }

  // The tensors that the producer of `id` reads may lie where that one lies: the parts of a concatenation inside it,
  // and what is overwritten beneath what overwrites it.
  void settle_inputs_of(int id) {
    if (is_input(id)) return;
    const Graph::Node& node = producer(id);
    if (is_joined(id)) {
      std::size_t offset = value_homes_[id].offset;
      for (const Tensor part : node.inputs) {
        if (can_lie_in_concat(part.id)) value_homes_[part.id] = {value_homes_[id].host, offset};
        offset += bytes(part.id);
      }
    } else if (const int x = overwritten_by(id); x >= 0) {
      value_homes_[x] = value_homes_[id];
    }
  }

  [[nodiscard]] bool can_lie_in_concat(int part) const {
    return !is_input(part) && is_stored(part) && value_homes_[part].host == part;
  }

  // The input over which the node that writes this value may write it; -1: none.
  [[nodiscard]] int overwritten_by(int id) const {
    const Graph::Node& node = producer(id);
    if (!in_place(node.desc).forward || backward_reads(node.desc).inputs) return -1;
    for (const Tensor x : node.inputs) {
      if (is_input(x.id) || kept_[x.id] || graph_.values()[x.id].consumers.size() != 1) continue;
      if (!same_format(x.id, id)) continue;
      if (backward_reads(producer(x.id).desc).output) continue;
      // The parts of a concatenation may have other readers.
      if (!is_joined(x.id)) return x.id;
    }
    return -1;
  }

  // A gradient may lie where the gradient of its last consumer's output lies, or in a part of it: it is complete in
  // there when that consumer's backward pass begins or ends; other consumers run later and add to it.
  void settle_gradient(int id) {
    const Graph::Value& value = graph_.values()[id];
    if (!value.has_gradient || is_input(id) || value.consumers.empty()) return;
    const Graph::Node& consumer = graph_.nodes()[value.consumers.back()];
    const Home host = gradient_homes_[consumer.output.id];
    if (is_joined(consumer.output.id)) {
      std::size_t offset = host.offset;
      for (const Tensor part : consumer.inputs) {
        if (part.id == id) gradient_homes_[id] = {host.host, offset};
        offset += bytes(part.id);
      }
    } else if (consumer.inputs[0].id == id && in_place(consumer.desc).backward && same_format(id, consumer.output.id)) {
      gradient_homes_[id] = host;
    }
  }

  const Graph& graph_;
  const Storage& storage_;
  Lives lives_;
  std::vector<bool> kept_;
  int end_;  // one past the last pass: forward passes are times 0 to n - 1, backward ones n to 2 n - 1
  std::vector<Home> value_homes_;
  std::vector<Home> gradient_homes_;
  std::vector<Lifetime> pieces_;
  std::size_t total_ = 0;
};

}  // namespace

MemoryPlan plan_memory(const Graph& graph, const Storage& storage, const std::vector<Tensor>& kept,
                       const std::vector<int>& kept_saved, Lives lives) {
  return Planner(graph, storage, kept, lives).plan(kept_saved);
}

}  // namespace dipper
