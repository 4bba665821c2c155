// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

// Backends count elements in int.
void check_size(const Shape& shape) {
  constexpr std::size_t most = 2'000'000'000;
  if (shape.size() <= most) return;
  throw Error(
      fmt::format("the picture is too large for this network: one of its tensors would have {} x {} x {} values",
                  shape.channels, shape.height, shape.width));
}

}  // namespace

Tensor Graph::input(const Shape& shape, bool wants_gradient) {
  check_size(shape);
  values_.push_back({.shape = shape, .has_gradient = wants_gradient});
  return {static_cast<int>(values_.size()) - 1};
}

Tensor Graph::add(std::string name, LayerDesc desc, std::vector<Tensor> inputs) {
  const std::vector<Shape> shapes = inputs_of(desc);
  DIPPER_CHECK_EQ(shapes.size(), inputs.size());
  Node node{.name = std::move(name), .desc = std::move(desc), .inputs = std::move(inputs)};
  node.parameters_at = parameter_count_;
  node.has_gradient = dipper::parameter_count(node.desc) > 0;
  const int number = static_cast<int>(nodes_.size());
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    // A tensor that a layer reads twice would have its gradient overwritten by the second.
    DIPPER_CHECK_EQ(std::count(node.inputs.begin(), node.inputs.end(), node.inputs[i]), 1);
    Value& value = values_[node.inputs[i].id];
    DIPPER_CHECK_EQ(value.shape, shapes[i]);
    value.consumers.push_back(number);
    node.has_gradient = node.has_gradient || value.has_gradient;
  }
  for (const ParameterDesc& parameter : parameters_of(node.desc)) {
    parameters_.push_back({node.name + "." + parameter.name, parameter, parameter_count_});
    parameter_count_ += parameter.size;
  }
  check_size(output_of(node.desc));
  values_.push_back({.shape = output_of(node.desc), .producer = number, .has_gradient = node.has_gradient});
  node.output = {static_cast<int>(values_.size()) - 1};
  nodes_.push_back(std::move(node));
  return nodes_.back().output;
}

int Graph::node_before_norm(int node) const {
  if (!std::holds_alternative<BatchNormDesc>(nodes_[node].desc)) return -1;
  return values_[nodes_[node].inputs[0].id].producer;
}

}  // namespace dipper
