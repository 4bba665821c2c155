// SPDX-License-Identifier: Apache-2.0
#include "graph/program.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"

namespace dipper {

void Program::Step::run(Pass pass) const {
  switch (pass) {
    case Pass::forward:
      return layer->forward(operands);
    case Pass::backward_parameters:
      return layer->backward_parameters(operands, gradients);
    case Pass::backward_inputs:
      return layer->backward_inputs(operands, gradients);
  }
}

Program::Program(const Graph& graph, Backend& backend, Tensor loss, const std::vector<Tensor>& outputs, Fusion fusion) {
  DIPPER_CHECK_EQ(graph.shape(loss), (Shape{1, 1, 1}));
  std::vector<Tensor> kept = outputs;
  kept.push_back(loss);
  for (int id = 0; id < static_cast<int>(graph.values().size()); ++id) {
    // Nobody would write its gradient, but its producer would read it.
    const Graph::Value& value = graph.values()[id];
    DIPPER_CHECK(!value.has_gradient || !value.consumers.empty() || id == loss.id);
  }
  fused_ = fusion == Fusion::on ? fuse(graph, kept) : unfused(graph);
  std::vector<Tensor> kept_values;
  std::vector<int> kept_saved;
  for (const Tensor tensor : kept) {
    if (const int node = fused_.saved_by[tensor.id]; node >= 0) {
      kept_saved.push_back(node);
    } else {
      kept_values.push_back(fused_.tensors[tensor.id]);
    }
  }
  loss_ = fused_.tensors[loss.id];
  plan_ = plan_memory(fused_.graph, kept_values, kept_saved);
  theta_ = Floats(graph.parameter_count());
  dtheta_ = Floats(graph.parameter_count());
  prepare(backend);
  connect();
}

void Program::prepare(Backend& backend) {
  for (const Graph::Node& node : fused_.graph.nodes()) {
    Step step;
    step.layer = backend.layer(node.desc);
    step.has_parameters = parameter_count(node.desc) > 0;
    scratch_size_ = std::max(scratch_size_, step.layer->scratch_size());
    steps_.push_back(std::move(step));
  }
  arena_ = Floats(plan_.bytes / sizeof(float) + scratch_size_ + read_ahead);
}

void Program::connect() {
  const Graph& graph = fused_.graph;
  float* scratch = arena_.data() + plan_.bytes / sizeof(float);
  for (std::size_t number = 0; number < steps_.size(); ++number) {
    const Graph::Node& node = graph.nodes()[number];
    Step& step = steps_[number];
    for (const Tensor input : node.inputs) {
      step.inputs.push_back(at(plan_.values[stored(input).id]));
      // The last consumer runs backward first.
      const bool first = graph.values()[input.id].consumers.back() == static_cast<int>(number);
      step.input_gradients.push_back({at(plan_.gradients[input.id]), first ? Write::overwrite : Write::accumulate});
      step.has_input_gradient = step.has_input_gradient || plan_.gradients[input.id] != MemoryPlan::none;
    }
    step.operands = {.x = step.inputs,
                     .y = at(plan_.values[node.output.id]),
                     .norm = norm_before(node.inputs[0]),
                     .theta = theta_.data() + node.parameters_at,
                     .saved = at(plan_.saved[number]),
                     .scratch = scratch};
    step.gradients = {.dy = at(plan_.gradients[node.output.id]),
                      .dx = step.input_gradients,
                      .dtheta = dtheta_.data() + node.parameters_at};
  }
}

// What is read in place of a tensor that a deferred norm does not store: the norm's input.
Tensor Program::stored(Tensor tensor) const {
  if (plan_.values[tensor.id] != MemoryPlan::none) return tensor;
  return fused_.graph.nodes()[fused_.graph.values()[tensor.id].producer].inputs[0];
}

const float* Program::norm_before(Tensor tensor) const {
  if (plan_.values[tensor.id] != MemoryPlan::none) return nullptr;
  return at(plan_.saved[fused_.graph.values()[tensor.id].producer]);
}

std::span<float> Program::value(Tensor tensor) {
  if (const int node = fused_.saved_by[tensor.id]; node >= 0) {
    return {at(plan_.saved[node]), saved_size(fused_.graph.nodes()[node].desc)};
  }
  const Tensor now = fused_.tensors[tensor.id];
  DIPPER_CHECK(now.id >= 0 && plan_.values[now.id] != MemoryPlan::none);
  return {at(plan_.values[now.id]), fused_.graph.shape(now).size()};
}

std::span<const float> Program::gradient(Tensor tensor) const {
  const Tensor now = fused_.tensors[tensor.id];
  DIPPER_CHECK(now.id >= 0 && plan_.gradients[now.id] != MemoryPlan::none);
  return {at(plan_.gradients[now.id]), fused_.graph.shape(now).size()};
}

float Program::forward() {
  for (const Step& step : steps_) step.run(Pass::forward);
  return *at(plan_.values[loss_.id]);
}

void Program::backward() {
  *at(plan_.gradients[loss_.id]) = 1;
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (step->has_parameters) step->run(Pass::backward_parameters);
    if (step->has_input_gradient) step->run(Pass::backward_inputs);
  }
}

std::vector<Program::Timed> Program::measure(int rounds, double most_seconds) {
  std::vector<Timed> all;
  for (std::size_t number = 0; number < steps_.size(); ++number) {
    const Graph::Node& node = fused_.graph.nodes()[number];
    Timed timed{.name = node.name, .desc = node.desc};
    for (const Pass pass : {Pass::forward, Pass::backward_parameters, Pass::backward_inputs}) {
      timed.choices[static_cast<int>(pass)] = steps_[number].layer->choice(pass);
    }
    all.push_back(std::move(timed));
  }
  const auto time = [&](std::size_t number, Pass pass) {
    const auto began = std::chrono::steady_clock::now();
    steps_[number].run(pass);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    double& least = all[number].seconds[static_cast<int>(pass)];
    least = least == 0 ? took.count() : std::min(least, took.count());
  };
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(most_seconds));
  for (int round = 0; round < rounds && (round == 0 || Clock::now() < end); ++round) {
    for (std::size_t number = 0; number < steps_.size(); ++number) time(number, Pass::forward);
    *at(plan_.gradients[loss_.id]) = 1;
    for (std::size_t number = steps_.size(); number-- > 0;) {
      if (steps_[number].has_parameters) time(number, Pass::backward_parameters);
      if (steps_[number].has_input_gradient) time(number, Pass::backward_inputs);
    }
  }
  return all;
}

std::size_t Program::bytes() const {
  return arena_.bytes() + theta_.bytes() + dtheta_.bytes();
}

}  // namespace dipper
