// SPDX-License-Identifier: Apache-2.0
#include "graph/storage.hpp"

#include <algorithm>

namespace dipper {
namespace {

// Whether the node reads that tensor as the target or the weights of a loss, and not as x.
bool measures_by(const Graph::Node& node, Tensor tensor) {
  return std::holds_alternative<MaskedErrorDesc>(node.desc) && node.inputs[0] != tensor;
}

// `formats`: of the values before this one.
bool is_plain(const Graph& graph, int id, const std::vector<Format>& formats) {
  const Graph::Value& value = graph.values()[id];
  if (value.producer < 0) {
    return std::ranges::all_of(value.consumers, [&](int node) { return measures_by(graph.nodes()[node], {id}); });
  }
  const Graph::Node& node = graph.nodes()[value.producer];
  if (std::holds_alternative<AddDesc>(node.desc)) {
    return std::ranges::all_of(node.inputs, [&](Tensor term) { return formats[term.id] == Format::plain; });
  }
  return std::holds_alternative<MaskedErrorDesc>(node.desc) || std::holds_alternative<TotalVariationDesc>(node.desc);
}

}  // namespace

Storage storage_of(const Graph& graph, const Backend& backend) {
  Storage storage;
  for (int id = 0; id < static_cast<int>(graph.values().size()); ++id) {
    storage.formats.push_back(is_plain(graph, id, storage.formats) ? Format::plain : Format::native);
    storage.bytes.push_back(backend.bytes(graph.values()[id].shape, storage.formats[id]));
  }
  for (const Graph::Node& node : graph.nodes()) {
    const auto* const concat = std::get_if<ConcatDesc>(&node.desc);
    storage.joined.push_back(concat != nullptr && backend.joins_in_place(*concat));
  }
  return storage;
}

Formats formats_of(const Graph::Node& node, const Storage& storage) {
  Formats formats{.inputs = {}, .output = storage.formats[node.output.id]};
  for (const Tensor input : node.inputs) formats.inputs.push_back(storage.formats[input.id]);
  return formats;
}

}  // namespace dipper
