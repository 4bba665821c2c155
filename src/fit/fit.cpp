// SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "dipper/error.hpp"
#include "nets/nets.hpp"
#include "ops/add.hpp"
#include "ops/masked_error.hpp"
#include "ops/total_variation.hpp"

namespace dipper {
namespace {

int guide_channels(const Target& target) {
  return static_cast<int>(target.guide.size() / target.picture().plane());
}

int input_channels(const Recipe& recipe, const Target& target) {
  if (!target.guide.empty() && recipe.input_kind != "picture") {
    throw Error(
        fmt::format("this recipe would not look at the second picture (input.kind is \"{}\"); choose flash or "
                    "paper-flash with --recipe",
                    recipe.input_kind));
  }
  if (recipe.input_kind == "reduced") {
    if (!target.scaling) {
      throw Error(
          "this recipe learns from the picture made smaller (input.kind is \"reduced\"), so it suits upscale alone; "
          "choose another with --recipe");
    }
    return target.shape.channels;
  }
  if (recipe.input_kind != "observed") return Input::channels(recipe, guide_channels(target));
  if (target.observed_by || target.error != ErrorKind::squared) {
    throw Error(
        "this recipe hides pixels of the picture itself (input.kind is \"observed\"), so it suits missing pixels and "
        "Gaussian noise alone; choose another with --recipe");
  }
  return Hiding::channels(target.shape.channels);
}

// What is drawn at a time: the picture, with what the operator reads around it, or a tile.
Layout layout_for(const Target& target, const Recipe& recipe) {
  if (recipe.input_kind == "reduced") return {ZeroShot::tile_of(target.shape), 0, recipe};
  return {target.picture(), target.observed_by ? reach(*target.observed_by) : 0, recipe};
}

// Whether the loss sees what is drawn through the operator.
bool sees_through_operator(const Target& target, const Recipe& recipe) {
  return target.observed_by && recipe.input_kind != "reduced";
}

}  // namespace

Shape Target::picture() const {
  return observed_by ? Shape{shape.channels, observed_by->height, observed_by->width} : shape;
}

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed)
    : Fit(target, recipe, backend, seed, layout_for(target, recipe)) {}

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Layout& layout)
    : Fit(target, recipe, backend, seed, layout, build(target, layout, recipe)) {}

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Layout& layout,
         const Network& network)
    : recipe_(recipe),
      backend_(&backend),
      seed_(seed),
      layout_(layout),
      parameters_(network.graph.parameters()),
      x_(network.x),
      program_(network.graph, backend, network.loss, {network.x}),
      input_(recipe, seed, backend, network.graph.shape(network.z), program_.value(network.z), layout, target.guide),
      m_(program_.theta().size()),
      v_(program_.theta().size()),
      rollback_(recipe),
      average_(recipe.average > 0 ? layout.picture.size() : 0) {
  DIPPER_CHECK_EQ(target.values.size(), target.shape.size());
  DIPPER_CHECK_EQ(target.weights.size(), target.shape.plane());
  initialise_weights();
  if (recipe.input_kind == "reduced") {
    zero_shot_.emplace(recipe, seed, *target.scaling, target.values, target.shape,
                       ZeroShot::Tensors{program_.value(network.z), program_.value(network.y),
                                         program_.value(network.weights), program_.value(network.x)});
    return;
  }
  fill_target(target, network);
  if (recipe.input_kind == "observed") {
    hiding_.emplace(
        recipe, seed, layout.canvas, layout.window(),
        Hiding::Tensors{program_.value(network.z), program_.value(network.y), program_.value(network.weights)});
  }
}

Fit::Network Fit::build(const Target& target, const Layout& layout, const Recipe& recipe) {
  Network n;
  const dipper::Network& network = find_network(recipe.network);
  const int channels = input_channels(recipe, target);
  const bool through_operator = sees_through_operator(target, recipe);
  const Shape observed = through_operator ? target.shape : layout.canvas;
  n.z = n.graph.input(network.z_shape(layout.canvas, channels, recipe.net));
  n.y = n.graph.input(observed);
  n.weights = n.graph.input({1, observed.height, observed.width});
  n.x = network.build(n.graph, n.z, layout.canvas.channels, recipe.net);
  Tensor seen = n.x;
  if (through_operator) {
    seen = n.graph.add("operator", filter_on(*target.observed_by, layout.canvas, layout.window(), observed), {n.x});
  }
  const Reduction reduction = recipe.loss == "sum" ? Reduction::sum : Reduction::mean;
  const bool absolute = target.error == ErrorKind::squared && recipe.error == "absolute";
  n.loss =
      masked_error(n.graph, seen, n.y, n.weights, reduction, "loss", absolute ? ErrorKind::absolute : target.error);
  if (recipe.tv > 0) {
    n.loss = add(n.graph, n.loss, total_variation(n.graph, n.x, reduction, "tv"), "loss_and_tv", recipe.tv);
  }
  return n;
}

// Parameter tensor t takes step t of the weights' stream, so that a layer's values do not depend on the others' sizes.
void Fit::initialise_weights() {
  const Philox random{seed_, Stream::weights};
  const std::span<float> theta = program_.theta();
  for (std::size_t t = 0; t < parameters_.size(); ++t) {
    const Graph::Parameter& parameter = parameters_[t];
    const std::span<float> values = theta.subspan(parameter.at, parameter.desc.size);
    if (parameter.desc.fan_in == 0) {
      std::fill(values.begin(), values.end(), parameter.desc.constant);
      continue;
    }
    const float bound = 1 / std::sqrt(static_cast<float>(parameter.desc.fan_in));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = bound * (2 * random.uniform(t, i) - 1);
  }
}

void Fit::fill_target(const Target& target, const Network& network) {
  const std::span<float> y = program_.value(network.y);
  const std::span<float> weights = program_.value(network.weights);
  const std::size_t from_plane = target.shape.plane();
  const std::size_t to_plane = weights.size();
  const auto fill = [&](std::size_t to, std::size_t from, bool inside) {
    weights[to] = inside ? target.weights[from] : 0;
    // Weight 0 times NaN would still be NaN.
    const bool known = target.weights[from] > 0;
    for (int c = 0; c < target.shape.channels; ++c) {
      y[c * to_plane + to] = known ? target.values[c * from_plane + from] : 0;
    }
  };
  if (!target.observed_by) return layout_.for_each_pixel(fill);
  for (std::size_t i = 0; i < from_plane; ++i) fill(i, i, true);
}

float Fit::step() {
  input_.before(iteration_);
  if (hiding_) hiding_->before(iteration_);
  if (zero_shot_) zero_shot_->before(iteration_);
  float loss = program_.forward();
  if (rollback_.check(iteration_ + 1, loss, state_with_average())) {
    ++rollbacks_;
    loss = program_.forward();  // what the good state makes of this step's input
  } else {
    add_to_average();
    program_.backward();
    optimise();
  }
  loss_ = loss;
  input_.after(iteration_);
  if (hiding_) hiding_->after();
  ++iteration_;
  return loss;
}

std::array<StatePart, 3> Fit::state() {
  return {{{"weights", program_.theta()}, {"adam.m", m_}, {"adam.v", v_}}};
}

std::array<StatePart, 4> Fit::state_with_average() {
  const std::array<StatePart, 3> s = state();
  return {s[0], s[1], s[2], {"average", average_}};
}

void Fit::visit(StateVisitor& visitor) {
  visitor.integer("iteration", iteration_);
  visitor.integer("rollbacks", rollbacks_);
  visitor.number("loss", loss_);
  for (const StatePart& part : state()) {
    for (const Graph::Parameter& parameter : parameters_) {
      const std::size_t size = parameter.desc.size;
      visitor.tensor(fmt::format("{}/{}", part.name, parameter.name), {size}, part.values.subspan(parameter.at, size));
    }
  }
  rollback_.visit(visitor, state_with_average());
  input_.visit(visitor);
  if (hiding_) hiding_->visit(visitor);
  if (!average_.empty()) visitor.tensor("average", sizes_of(layout_.picture), average_);
  visitor.tensor("output", sizes_of(layout_.canvas), program_.value(x_).first(layout_.canvas.size()));
}

void Fit::optimise() {
  const int t = iteration_ + 1;
  const double rate = learning_rate(recipe_, iteration_);
  backend_->adam({.beta1 = static_cast<float>(recipe_.adam_beta1),
                  .beta2 = static_cast<float>(recipe_.adam_beta2),
                  .epsilon = static_cast<float>(recipe_.adam_epsilon),
                  .rate = static_cast<float>(rate / (1 - std::pow(recipe_.adam_beta1, t))),
                  .v_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(recipe_.adam_beta2, t)))},
                 program_.dtheta(), program_.theta(), m_, v_);
}

void Fit::add_to_average() {
  if (average_.empty()) return;
  const auto old_share = static_cast<float>(iteration_ == 0 ? 0 : recipe_.average);
  const Drawn x = drawn();
  layout_.for_each_row([&](std::size_t from, std::size_t to) {
    for (int j = 0; j < layout_.picture.width; ++j) {
      const float share = hiding_ ? hiding_->average_share(from + j, recipe_.average) : old_share;
      average_[to + j] = share * average_[to + j] + (1 - share) * x[from + j];
    }
  });
}

void Fit::output(std::span<float> to) {
  if (zero_shot_) return zero_shot_->enlarge([this] { (void)program_.forward(); }, to);
  if (hiding_ && !average_.empty()) return average(to);
  DIPPER_CHECK_EQ(to.size(), layout_.picture.size());
  const Drawn x = drawn();
  layout_.for_each_row([&](std::size_t from, std::size_t at) {
    for (int j = 0; j < layout_.picture.width; ++j) to[at + j] = x[from + j];
  });
}

void Fit::average(std::span<float> to) {
  if (average_.empty()) return output(to);
  DIPPER_CHECK_EQ(to.size(), average_.size());
  std::copy(average_.begin(), average_.end(), to.begin());
}

std::size_t Fit::bytes() const {
  const std::size_t optimiser = m_.bytes() + v_.bytes();
  const std::size_t averaged = average_.size() * sizeof(float);
  const std::size_t good_state = recipe_.rollback_every > 0 ? m_.bytes() + optimiser + averaged : 0;  // m: as theta
  return program_.bytes() + optimiser + good_state + input_.bytes() + (hiding_ ? hiding_->bytes() : 0) +
         (zero_shot_ ? zero_shot_->bytes() : 0) + averaged;
}

}  // namespace dipper
