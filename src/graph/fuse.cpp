// SPDX-License-Identifier: Apache-2.0
#include "graph/fuse.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace dipper {
namespace {

class Fuser {
 public:
  Fuser(const Graph& graph, const std::vector<Tensor>& kept) : old_(graph) {
    for (const Tensor tensor : kept) kept_.insert(tensor.id);
    for (const Graph::Node& node : graph.nodes()) descs_.push_back(node.desc);
    renamed_.resize(graph.values().size());
    for (int id = 0; id < static_cast<int>(renamed_.size()); ++id) renamed_[id] = {id};
    saved_by_.assign(graph.values().size(), -1);
  }

  FusedGraph run() {
    for (std::size_t number = 0; number < descs_.size(); ++number) join_activation(number);
    for (std::size_t number = 0; number < descs_.size(); ++number) join_sigmoid(number);
    for (std::size_t number = 0; number < descs_.size(); ++number) defer(number);
    return rebuild();
  }

 private:
  using Nodes = std::vector<int>;

  [[nodiscard]] const Nodes& readers(Tensor tensor) const { return old_.values()[tensor.id].consumers; }

  void join_activation(std::size_t number) {
    auto* const norm = std::get_if<BatchNormDesc>(&descs_[number]);
    if (norm == nullptr) return;
    const Tensor between = old_.nodes()[number].output;
    if (readers(between).size() != 1 || kept_.contains(between.id)) return;
    const int activation = readers(between)[0];
    const auto* const leaky_relu = std::get_if<LeakyReluDesc>(&descs_[activation]);
    if (leaky_relu == nullptr) return;
    norm->slope = leaky_relu->slope;
    removed_.insert(activation);
    renamed_[between.id] = old_.nodes()[activation].output;
  }

  void join_sigmoid(std::size_t number) {
    auto* const loss = std::get_if<MaskedErrorDesc>(&descs_[number]);
    if (loss == nullptr) return;
    const Tensor x = old_.nodes()[number].inputs[0];
    const int sigmoid = old_.values()[x.id].producer;
    if (sigmoid < 0 || !std::holds_alternative<SigmoidDesc>(descs_[sigmoid]) || readers(x).size() != 1) return;
    // Another reader of the sigmoid's input would run backward in another order, and its gradient be added in another.
    if (readers(old_.nodes()[sigmoid].inputs[0]).size() != 1) return;
    loss->sigmoid = true;
    removed_.insert(sigmoid);
    saved_by_[x.id] = static_cast<int>(number);
  }

  void defer(std::size_t number) {
    auto* const norm = std::get_if<BatchNormDesc>(&descs_[number]);
    if (norm == nullptr) return;
    const Tensor y = renamed_[old_.nodes()[number].output.id];
    Nodes all = readers(y);
    for (int& node : all) {
      if (removed_.contains(node)) node = saved_by_[old_.nodes()[node].output.id];  // a sigmoid: its loss reads now
    }
    const auto can_normalise = [&](int node) {
      const auto& inputs = old_.nodes()[node].inputs;
      return load_of(descs_[node]) != nullptr && std::find(inputs.begin() + 1, inputs.end(), y) == inputs.end();
    };
    if (kept_.contains(y.id) || all.empty() || !std::ranges::all_of(all, can_normalise)) return;
    norm->deferred = true;
    for (const int node : all) *load_of(descs_[node]) = {.normalise = true, .slope = norm->slope};
  }

  // The nodes in their old order: a removed node's output is by then that of the norm before it.
  [[nodiscard]] FusedGraph rebuild() const {
    FusedGraph fused;
    fused.tensors.resize(old_.values().size());
    fused.saved_by.assign(old_.values().size(), -1);
    for (int id = 0; id < static_cast<int>(old_.values().size()); ++id) {
      const Graph::Value& value = old_.values()[id];
      if (value.producer < 0) {
        fused.tensors[id] = fused.graph.input(value.shape, value.has_gradient);
        continue;
      }
      const int node = value.producer;
      if (removed_.contains(node)) continue;
      std::vector<Tensor> inputs;
      for (const Tensor input : old_.nodes()[node].inputs) {
        if (saved_by_[input.id] < 0) {
          inputs.push_back(fused.tensors[input.id]);
        } else {
          fused.saved_by[input.id] = static_cast<int>(fused.graph.nodes().size());
          inputs.push_back(fused.tensors[old_.nodes()[old_.values()[input.id].producer].inputs[0].id]);
        }
      }
      const Tensor output = fused.graph.add(old_.nodes()[node].name, descs_[node], std::move(inputs));
      fused.tensors[renamed_[id].id] = output;
    }
    return fused;
  }

  const Graph& old_;
  std::set<int> kept_;
  std::vector<LayerDesc> descs_;  // of the old nodes, as rewritten
  std::vector<Tensor> renamed_;   // what a norm with an activation writes in the end
  std::set<int> removed_;
  std::vector<int> saved_by_;  // the loss that makes this tensor itself; -1: none
};

}  // namespace

FusedGraph fuse(const Graph& graph, const std::vector<Tensor>& kept) {
  return Fuser(graph, kept).run();
}

FusedGraph unfused(const Graph& graph) {
  FusedGraph same{.graph = graph, .tensors = {}, .saved_by = std::vector<int>(graph.values().size(), -1)};
  for (int id = 0; id < static_cast<int>(graph.values().size()); ++id) same.tensors.push_back({id});
  return same;
}

}  // namespace dipper
