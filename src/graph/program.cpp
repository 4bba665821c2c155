// SPDX-License-Identifier: Apache-2.0
#include "graph/program.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.hpp"

namespace dipper {
namespace {

constexpr std::size_t alignment = 64;

}  // namespace

Program::Program(const Graph& graph, Backend& backend, Tensor loss, std::vector<Tensor> kept) : loss_(loss) {
  DIPPER_CHECK_EQ(graph.shape(loss), (Shape{1, 1, 1}));
  kept.push_back(loss);
  for (int id = 0; id < static_cast<int>(graph.values().size()); ++id) {
    // Nobody would write its gradient, but its producer would read it.
    const Graph::Value& value = graph.values()[id];
    DIPPER_CHECK(!value.has_gradient || !value.consumers.empty() || id == loss.id);
  }
  plan_ = plan_memory(graph, kept);
  theta_.assign(graph.parameter_count(), 0.0F);
  dtheta_.assign(graph.parameter_count(), 0.0F);
  for (const Graph::Value& value : graph.values()) sizes_.push_back(value.shape.size());
  prepare(graph, backend);
  connect(graph);
}

void Program::prepare(const Graph& graph, Backend& backend) {
  for (const Graph::Node& node : graph.nodes()) {
    Step step;
    step.layer = backend.layer(node.desc);
    step.has_gradient = node.has_gradient;
    scratch_size_ = std::max(scratch_size_, step.layer->scratch_size());
    steps_.push_back(std::move(step));
  }
  const std::size_t floats = plan_.bytes / sizeof(float) + scratch_size_ + read_ahead;
  arena_size_ = (floats * sizeof(float) + alignment - 1) / alignment * alignment / sizeof(float);
  arena_.reset(static_cast<float*>(std::aligned_alloc(alignment, arena_size_ * sizeof(float))));
  if (arena_ == nullptr) throw std::bad_alloc();
  std::fill_n(arena_.get(), arena_size_, 0.0F);
}

void Program::connect(const Graph& graph) {
  float* scratch = arena_.get() + plan_.bytes / sizeof(float);
  for (std::size_t number = 0; number < steps_.size(); ++number) {
    const Graph::Node& node = graph.nodes()[number];
    Step& step = steps_[number];
    for (const Tensor input : node.inputs) {
      step.inputs.push_back(at(plan_.values[input.id]));
      // The last consumer runs backward first.
      const bool first = graph.values()[input.id].consumers.back() == static_cast<int>(number);
      step.input_gradients.push_back({at(plan_.gradients[input.id]), first ? Write::overwrite : Write::accumulate});
    }
    step.operands = {.x = step.inputs,
                     .y = at(plan_.values[node.output.id]),
                     .theta = theta_.data() + node.parameters_at,
                     .saved = at(plan_.saved[number]),
                     .scratch = scratch};
    step.gradients = {.dy = at(plan_.gradients[node.output.id]),
                      .dx = step.input_gradients,
                      .dtheta = dtheta_.data() + node.parameters_at};
  }
}

std::span<float> Program::value(Tensor tensor) {
  return {at(plan_.values[tensor.id]), sizes_[tensor.id]};
}

std::span<const float> Program::gradient(Tensor tensor) const {
  DIPPER_CHECK(plan_.gradients[tensor.id] != MemoryPlan::none);
  return {at(plan_.gradients[tensor.id]), sizes_[tensor.id]};
}

float Program::forward() {
  for (const Step& step : steps_) step.layer->forward(step.operands);
  return *at(plan_.values[loss_.id]);
}

void Program::backward() {
  *at(plan_.gradients[loss_.id]) = 1;
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (step->has_gradient) step->layer->backward(step->operands, step->gradients);
  }
}

std::size_t Program::bytes() const {
  return (arena_size_ + theta_.size() + dtheta_.size()) * sizeof(float);
}

}  // namespace dipper
