// SPDX-License-Identifier: Apache-2.0
#include "graph/program.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"

namespace dipper {
namespace {

constexpr std::size_t scratch_unit = 64;  // floats, to which scratch memory is aligned

// How far an element counts in the loss at most, which may be a sum of several.
double largest_share(const Graph& graph, Tensor loss) {
  std::vector<double> factors(graph.values().size());  // of what is added up to the loss
  factors[loss.id] = 1;
  double largest = 0;
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    const double factor = factors[node->output.id];
    if (const auto* const sum = std::get_if<AddDesc>(&node->desc)) {
      factors[node->inputs[0].id] += factor;
      factors[node->inputs[1].id] += factor * sum->scale;
    } else if (const auto* const error = std::get_if<MaskedErrorDesc>(&node->desc)) {
      largest = std::max(largest, factor * error->scale());
    } else if (const auto* const tv = std::get_if<TotalVariationDesc>(&node->desc)) {
      largest = std::max(largest, factor * tv->scale());
    }
  }
  return largest > 0 ? largest : 1;
}

}  // namespace

void Program::Step::run(Pass pass) const {
  switch (pass) {
    case Pass::forward:
      return layer->forward(operands);
    case Pass::backward_parameters:
      return layer->backward_parameters(parameter_operands, gradients);
    case Pass::backward_inputs:
      return layer->backward_inputs(operands, gradients);
  }
}

Program::Program(const Graph& graph, Backend& backend, Tensor loss, const std::vector<Tensor>& outputs, Fusion fusion)
    : backend_(&backend) {
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
  storage_ = storage_of(fused_.graph, backend);
  DIPPER_CHECK(storage_.formats[loss_.id] == Format::plain);
  plan_ = plan_memory(fused_.graph, storage_, kept_values, kept_saved);
  prepare();
  if (std::ranges::any_of(steps_, &Step::waits)) {
    plan_ = plan_memory(fused_.graph, storage_, kept_values, kept_saved, Lives::until_end);
  }
  arena_ = Buffer(backend, plan_.bytes / sizeof(float) + scratch_size_ + aside_size_ + read_ahead);
  theta_ = Buffer(backend, graph.parameter_count());
  dtheta_ = Buffer(backend, graph.parameter_count());
  loss_scale_ = backend.loss_scale(largest_share(fused_.graph, loss_));
  first_gradient_ = Buffer(backend, 1 + read_ahead);
  first_gradient_.host()[0] = loss_scale_;
  first_gradient_.push();
  connect();
  if (fusion == Fusion::on) join_statistics();
}

void Program::prepare() {
  const bool may_wait = plan_.tensors <= backend_->aside_limit();
  for (const Graph::Node& node : fused_.graph.nodes()) {
    Step step;
    step.layer = backend_->layer(node.desc, formats_of(node, storage_));
    step.has_parameters = parameter_count(node.desc) > 0;
    step.waits = may_wait && step.has_parameters && step.layer->parameters_can_wait();
    DIPPER_CHECK(!step.waits || !in_place(node.desc).backward);  // its dx would lie over the dy that it has yet to read
    const std::size_t scratch = (step.layer->scratch_size() + scratch_unit - 1) / scratch_unit * scratch_unit;
    scratch_size_ = std::max(scratch_size_, scratch);
    if (step.waits) aside_size_ = std::max(aside_size_, scratch);
    steps_.push_back(std::move(step));
  }
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
    step.parameter_operands = step.operands;
    if (step.waits) step.parameter_operands.scratch = scratch + scratch_size_;
    step.gradients = {.dy = node.output == loss_ ? first_gradient_.data() : at(plan_.gradients[node.output.id]),
                      .dx = step.input_gradients,
                      .dtheta = dtheta_.data() + node.parameters_at};
    step.layer->bind(step.operands);
  }
}

// The layer before a norm has what its statistics are taken of in its hands.
void Program::join_statistics() {
  const Graph& graph = fused_.graph;
  for (std::size_t number = 0; number < steps_.size(); ++number) {
    const int before = graph.node_before_norm(static_cast<int>(number));
    if (before < 0) continue;
    Operands<float>& operands = steps_[number].operands;
    const auto& norm = std::get<BatchNormDesc>(graph.nodes()[number].desc);
    operands.has_saved = steps_[before].layer->save_for(norm, operands);
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

Program::Place Program::place(Tensor tensor) const {
  if (const int node = fused_.saved_by[tensor.id]; node >= 0) {
    return {.data = at(plan_.saved[node]), .size = saved_size(fused_.graph.nodes()[node].desc)};
  }
  const Tensor now = fused_.tensors[tensor.id];
  DIPPER_CHECK(now.id >= 0 && plan_.values[now.id] != MemoryPlan::none);
  const Shape shape = fused_.graph.shape(now);
  return {at(plan_.values[now.id]), shape.size(), shape, storage_.formats[now.id]};
}

Program::Place Program::gradient_place(Tensor tensor) const {
  const Tensor now = fused_.tensors[tensor.id];
  DIPPER_CHECK(now.id >= 0 && now != loss_ && plan_.gradients[now.id] != MemoryPlan::none);
  const Shape shape = fused_.graph.shape(now);
  return {at(plan_.gradients[now.id]), shape.size(), shape, storage_.formats[now.id]};
}

Buffer& Program::plain(const Place& place, Tensor tensor, std::map<int, Buffer>& buffers) {
  const auto found = buffers.find(tensor.id);
  if (found != buffers.end()) return found->second;
  const bool is_view = place.format == Format::plain || backend_->on_host();
  return buffers.emplace(tensor.id, is_view ? Buffer(*backend_, place.data, place.size) : Buffer(*backend_, place.size))
      .first->second;
}

Buffer& Program::buffer(Tensor tensor) {
  return plain(place(tensor), tensor, buffers_);
}

void Program::store(Tensor tensor) {
  const Place to = place(tensor);
  const Buffer& from = plain(to, tensor, buffers_);
  if (from.data() != to.data) backend_->to_native(to.shape, from.data(), to.data);
}

void Program::fetch(Tensor tensor) {
  const Place from = place(tensor);
  const Buffer& to = plain(from, tensor, buffers_);
  if (to.data() != from.data) backend_->to_plain(from.shape, from.data, to.data());
}

void Program::push(Tensor tensor) {
  buffer(tensor).push();
  store(tensor);
}

std::span<float> Program::pull(Tensor tensor) {
  fetch(tensor);
  return buffer(tensor).pull();
}

std::span<const float> Program::gradient(Tensor tensor) {
  const Place from = gradient_place(tensor);
  Buffer& to = plain(from, tensor, gradient_buffers_);
  if (to.data() != from.data) backend_->to_plain(from.shape, from.data, to.data());
  return to.pull();
}

void Program::forward() {
  backend_->parameters_changed();
  for (const Step& step : steps_) step.run(Pass::forward);
}

float Program::loss() const {
  float loss = 0;
  backend_->download(at(plan_.values[loss_.id]), {&loss, 1});
  return loss;
}

void Program::backward() {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (step->waits) {
      backend_->aside([step = &*step] { step->run(Pass::backward_parameters); });
    } else if (step->has_parameters) {
      step->run(Pass::backward_parameters);
    }
    if (step->has_input_gradient) step->run(Pass::backward_inputs);
  }
  backend_->rejoin();
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
    backend_->wait();
    const auto began = std::chrono::steady_clock::now();
    steps_[number].run(pass);
    backend_->wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    double& least = all[number].seconds[static_cast<int>(pass)];
    least = least == 0 ? took.count() : std::min(least, took.count());
  };
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(most_seconds));
  for (int round = 0; round < rounds && (round == 0 || Clock::now() < end); ++round) {
    backend_->parameters_changed();
    for (std::size_t number = 0; number < steps_.size(); ++number) time(number, Pass::forward);
    for (std::size_t number = steps_.size(); number-- > 0;) {
      if (steps_[number].has_parameters) time(number, Pass::backward_parameters);
      if (steps_[number].has_input_gradient) time(number, Pass::backward_inputs);
    }
  }
  return all;
}

std::size_t Program::bytes() const {
  std::size_t buffers = 0;
  for (const auto& [tensor, buffer] : buffers_) buffers += buffer.bytes();
  return arena_.bytes() + theta_.bytes() + dtheta_.bytes() + first_gradient_.bytes() + buffers;
}

}  // namespace dipper
