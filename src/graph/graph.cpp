// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.hpp"

#include <utility>

#include "base/check.hpp"

namespace dipper {

Tensor Graph::input(const Shape& shape, bool wants_gradient) {
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
    Value& value = values_[node.inputs[i].id];
    DIPPER_CHECK_EQ(value.shape, shapes[i]);
    value.consumers.push_back(number);
    node.has_gradient = node.has_gradient || value.has_gradient;
  }
  for (const ParameterDesc& parameter : parameters_of(node.desc)) {
    parameters_.push_back({node.name + "." + parameter.name, parameter, parameter_count_});
    parameter_count_ += parameter.size;
  }
  values_.push_back({.shape = output_of(node.desc), .producer = number, .has_gradient = node.has_gradient});
  node.output = {static_cast<int>(values_.size()) - 1};
  nodes_.push_back(std::move(node));
  return nodes_.back().output;
}

}  // namespace dipper
