// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernels/desc.hpp"

namespace dipper {

/// A value in a graph.
struct Tensor {
  int id = -1;
  bool operator==(const Tensor&) const = default;
};

/// A network and its loss as data: layers in the order in which they run, and the tensors between them. Nothing is
/// computed here; Program does that.
class Graph {
 public:
  struct Value {
    Shape shape;
    int producer = -1;             // the node that writes it; -1 for an input
    std::vector<int> consumers{};  // the nodes that read it, in order
    bool has_gradient = false;     // it depends on a parameter, or its gradient was asked for
  };

  struct Node {
    std::string name;
    LayerDesc desc;
    std::vector<Tensor> inputs;
    Tensor output{};
    std::size_t parameters_at = 0;  // in the flat buffer
    bool has_gradient = false;      // its backward pass has something to do
  };

  /// A parameter tensor and its place in the flat buffer that holds them all.
  struct Parameter {
    std::string name;  // "encoder1.conv.weight"
    ParameterDesc desc;
    std::size_t at = 0;
  };

  /// A tensor that the caller fills. Its gradient is computed only when asked for.
  Tensor input(const Shape& shape, bool wants_gradient = false);

  /// Appends a layer; its parameters are called name.weight and so on. The inputs' shapes must be the desc's.
  Tensor add(std::string name, LayerDesc desc, std::vector<Tensor> inputs);

  [[nodiscard]] Shape shape(Tensor tensor) const { return values_[tensor.id].shape; }
  [[nodiscard]] const std::vector<Value>& values() const { return values_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  [[nodiscard]] std::size_t parameter_count() const { return parameter_count_; }

  /// The node that writes what a BatchNorm reads, and may take its statistics for it: Layer::save_for(). -1 when the
  /// node is no BatchNorm, or reads an input.
  [[nodiscard]] int node_before_norm(int node) const;

 private:
  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<Parameter> parameters_;
  std::size_t parameter_count_ = 0;
};

}  // namespace dipper
