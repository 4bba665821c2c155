// SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "dipper/error.hpp"
#include "fit/extremes.hpp"
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
  if (!target.guide.empty() && recipe.input_kind != "picture" && recipe.input_kind != "observed") {
    throw Error(
        fmt::format("this recipe would not look at the second picture (input.kind is \"{}\"); choose flash-balanced or "
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
  if (recipe.input_kind == "again") {
    if (target.again.estimate.empty() || !target.again.damage) {
      throw Error(
          "this recipe damages a classical method's result again as the picture was (input.kind is \"again\"), which "
          "is not known of this picture; choose another with --recipe");
    }
    return target.shape.channels;
  }
  if (recipe.input_kind != "observed") return Input::channels(recipe, guide_channels(target));
  if (target.observed_by) {
    throw Error(
        "this recipe hides pixels of the picture itself (input.kind is \"observed\"), so it suits missing pixels and "
        "noise alone; choose another with --recipe");
  }
  return Hiding::channels(target.shape.channels) + guide_channels(target);
}

// With what the operator reads around a picture.
Layout layout_for(const Target& target, const Recipe& recipe) {
  if (recipe.in_tiles()) return {seen_at_once(recipe, target.shape), 0, recipe};
  return {seen_at_once(recipe, target.picture()), target.observed_by ? reach(*target.observed_by) : 0, recipe};
}

// What is told of parts is averaged as it is gathered.
Recipe for_target(Recipe recipe, const Target& target) {
  if (recipe.in_parts(target.shape.plane())) recipe.average = 0;
  return recipe;
}

// Parts see parts of it.
std::span<const float> guide_of_whole(const Target& target, const Recipe& recipe) {
  return recipe.in_parts(target.shape.plane()) ? std::span<const float>() : target.guide;
}

// Whether the loss sees what is drawn through the operator.
bool sees_through_operator(const Target& target, const Recipe& recipe) {
  return target.observed_by && !recipe.in_tiles();
}

}  // namespace

Shape seen_at_once(const Recipe& recipe, const Shape& picture) {
  if (recipe.in_tiles()) return Tiles::shape_for(picture);
  return recipe.in_parts(picture.plane()) ? Parts::shape_for(picture) : picture;
}

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed)
    : Fit(target, recipe, backend, seed, layout_for(target, recipe)) {}

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Layout& layout)
    : Fit(target, recipe, backend, seed, layout, build(target, layout, recipe)) {}

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Layout& layout,
         const Network& network) try
    : recipe_(for_target(recipe, target)),
      backend_(&backend),
      seed_(seed),
      layout_(layout),
      parameters_(network.graph.parameters()),
      tensors_(network.tensors),
      program_(network.graph, backend, tensors_.loss, {tensors_.x}),
      input_(recipe, seed, backend, network.graph.shape(tensors_.z), program_.buffer(tensors_.z), layout,
             guide_of_whole(target, recipe)),
      m_(backend, program_.theta().size()),
      v_(backend, program_.theta().size()),
      rollback_(recipe, backend),
      average_(recipe_.average > 0 ? Buffer(backend, layout.canvas.size()) : Buffer()) {
  DIPPER_CHECK_EQ(target.values.size(), target.shape.size());
  DIPPER_CHECK_EQ(target.weights.size(), target.shape.plane());
  initialise_weights();
  program_.store(tensors_.z);
  Buffer& z = program_.buffer(tensors_.z);
  Buffer& y = program_.buffer(tensors_.y);
  Buffer& weights = program_.buffer(tensors_.weights);
  Buffer& x = program_.buffer(tensors_.x);  // a recording may not make it
  if (recipe.in_tiles()) {
    const Tiles::Tensors on_host{z.host(), y.host(), weights.host(), x.host()};
    if (target.scaling) {
      zero_shot_.emplace(recipe, seed, *target.scaling, target.values, target.shape, on_host);
    } else {
      again_.emplace(recipe, seed, target.again, target.values, target.shape, on_host);
    }
    return;
  }
  if (recipe.in_parts(target.shape.plane())) {
    try {
      parts_.emplace(recipe_, seed, backend, target, Hiding::Tensors{z, y, weights}, x);
    } catch (MemoryLimit& limit) {
      limit.of_whole = Parts::bytes_of_whole(target.shape, target.guide.size());
      limit.needed = program_.bytes() + 5 * m_.bytes() + limit.of_whole;  // m, v, and with the weights a good state
      throw;
    }
    return;
  }
  fill_target(target);
  if (recipe.input_kind == "observed") {
    hiding_.emplace(recipe, seed, backend, layout.canvas, layout.window(), Hiding::Tensors{z, y, weights},
                    target.held_out);
  }
} catch (MemoryLimit& limit) {
  constexpr std::size_t of_each = 7;  // weights and gradient, m and v, and a good state of weights, m and v
  limit.of_parameters = of_each * network.graph.parameter_count() * sizeof(float);
  throw;
}

Fit::Network Fit::build(const Target& target, const Layout& layout, const Recipe& recipe) {
  Network n;
  Tensors& t = n.tensors;
  const dipper::Network& network = find_network(recipe.network);
  const int channels = input_channels(recipe, target);
  const bool through_operator = sees_through_operator(target, recipe);
  const Shape observed = through_operator ? target.shape : layout.canvas;
  t.z = n.graph.input(network.z_shape(layout.canvas, channels, recipe.net));
  t.y = n.graph.input(observed);
  t.weights = n.graph.input({1, observed.height, observed.width});
  t.x = network.build(n.graph, t.z, layout.canvas.channels, recipe.net);
  Tensor seen = t.x;
  if (through_operator) {
    seen = n.graph.add("operator", filter_on(*target.observed_by, layout.canvas, layout.window(), observed), {t.x});
  }
  const Reduction reduction = recipe.loss == "sum" ? Reduction::sum : Reduction::mean;
  const ErrorKind error = recipe.error == "absolute" ? ErrorKind::absolute : ErrorKind::squared;
  t.loss = masked_error(n.graph, seen, t.y, t.weights, reduction, "loss", error);
  if (recipe.tv > 0) {
    t.loss = add(n.graph, t.loss, total_variation(n.graph, t.x, reduction, "tv"), "loss_and_tv", recipe.tv);
  }
  return n;
}

// Parameter tensor t takes step t of the weights' stream, so that a layer's values do not depend on the others' sizes.
void Fit::initialise_weights() {
  const Philox random{seed_, Stream::weights};
  const std::span<float> theta = program_.theta().host();
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
  program_.theta().push();
}

void Fit::fill_target(const Target& target) {
  const std::span<float> y = program_.value(tensors_.y);
  const std::span<float> weights = program_.value(tensors_.weights);
  const std::size_t from_plane = target.shape.plane();
  const std::size_t to_plane = weights.size();
  const std::vector<std::uint8_t> known = target.known();
  std::vector<Extremes> channels(static_cast<std::size_t>(target.shape.channels));
  const auto fill = [&](std::size_t to, std::size_t from, bool inside) {
    weights[to] = inside ? target.weights[from] : 0;
    // Weight 0 times NaN would still be NaN.
    for (int c = 0; c < target.shape.channels; ++c) {
      y[c * to_plane + to] = known[from] != 0 ? target.values[c * from_plane + from] : 0;
      if (known[from] != 0) channels[c].add(target.values[c * from_plane + from]);
    }
  };
  if (target.observed_by) {
    for (std::size_t i = 0; i < from_plane; ++i) fill(i, i, true);
  } else {
    layout_.for_each_pixel(fill);
  }
  program_.push(tensors_.y);
  program_.push(tensors_.weights);
  // A network on its way to what is nearly all of one value may draw just that for a while, and one that adds to a base
  // may add nothing.
  constexpr double most_alike = 0.15;
  const bool varies = std::ranges::any_of(channels, [](const Extremes& channel) {
    return channel.deviation() > most_alike * (channel.most - channel.least);
  });
  if (recipe_.input_kind != "observed" && varies) target_range_ = range(channels);
}

void Fit::step() {
  prepare_step();
  loss_.reset();
  if (!rollback_.looks(iteration_ + 1)) {
    backend_->run(whole_step_, [this] {
      see();
      learn();
    });
  } else {
    backend_->run(first_part_, [this] { see(); });
    const float loss = program_.loss();
    if (rollback_.check({iteration_ + 1, loss, std::isfinite(loss) && draws_one_value()}, state_with_pictures())) {
      ++rollbacks_;
      program_.forward();  // what the good state makes of this step's input
      change_input();
    } else {
      backend_->run(second_part_, [this] { learn(); });
    }
  }
  ++iteration_;
}

std::optional<Mishap> Fit::mend() {
  std::optional<Mishap> mishap = rollback_.take_mishap();
  if (!mishap && !std::isfinite(loss())) {
    rollback_.take_back(Mishap::not_finite, state_with_pictures());
    mishap = rollback_.take_mishap();
    if (good_iteration() > 0) {
      ++rollbacks_;
      program_.forward();
      loss_.reset();
    }
  }
  return mishap;
}

bool Fit::draws_one_value() {
  constexpr float little = 1e-3F;  // of the target's range: networks that have learned nothing have more
  if (iteration_ == 0 || target_range_ == 0) return false;
  const std::span<const float> x = program_.pull(tensors_.x);
  std::vector<Extremes> channels(static_cast<std::size_t>(layout_.picture.channels));
  layout_.for_each_row([&](std::size_t from, std::size_t at) {
    Extremes& channel = channels[at / layout_.picture.plane()];
    for (const float value : x.subspan(from, static_cast<std::size_t>(layout_.picture.width))) channel.add(value);
  });
  return range(channels) < little * target_range_;
}

StepValues Fit::step_values() const {
  const int t = iteration_ + 1;
  const double rate = rollback_.rate() * learning_rate(recipe_, iteration_);
  return {.number = static_cast<std::uint64_t>(iteration_),
          .rate = static_cast<float>(rate / (1 - std::pow(recipe_.adam_beta1, t))),
          .v_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(recipe_.adam_beta2, t))),
          .old_share = static_cast<float>(iteration_ == 0 ? 0 : recipe_.average)};
}

// What depends on the host.
void Fit::prepare_step() {
  gather();
  backend_->begin_step(step_values());
  if (hiding_) hiding_->before(iteration_);
  if (parts_) parts_->before(iteration_);
  if (zero_shot_) zero_shot_->before(iteration_);
  if (again_) again_->before(iteration_);
  for (const Tensor tensor : {tensors_.z, tensors_.y, tensors_.weights}) {
    if (hiding_ || parts_) program_.store(tensor);
    if (recipe_.in_tiles()) program_.push(tensor);
  }
}

// The rest is operations of the backend alone, the same in each step, so that it may record them.
void Fit::see() {
  if (input_.before()) program_.store(tensors_.z);
  program_.forward();
}

void Fit::learn() {
  add_to_average();
  program_.backward();
  backend_->adam({.beta1 = static_cast<float>(recipe_.adam_beta1),
                  .beta2 = static_cast<float>(recipe_.adam_beta2),
                  .epsilon = static_cast<float>(recipe_.adam_epsilon),
                  .loss_scale = program_.loss_scale()},
                 program_.dtheta().all(), program_.theta().all(), m_.all(), v_.all());
  change_input();
}

void Fit::change_input() {
  if (input_.after()) program_.store(tensors_.z);
}

void Fit::add_to_average() {
  if (average_.empty()) return;
  program_.fetch(tensors_.x);
  const std::span<const float> x = program_.buffer(tensors_.x).all();
  const std::span<const float> base = hiding_ ? hiding_->base().all() : std::span<const float>();
  const std::span<const float> shares = hiding_ ? hiding_->shares().all() : std::span<const float>();
  backend_->average(x, base, shares, average_.all());
}

double Fit::loss() {
  if (!loss_) loss_ = program_.loss();
  return *loss_;
}

std::array<StatePart, 3> Fit::state() {
  return {{{"weights", &program_.theta()}, {"adam.m", &m_}, {"adam.v", &v_}}};
}

std::array<StatePart, 6> Fit::state_with_pictures() {
  const std::array<StatePart, 3> s = state();
  Buffer& sum = parts_ ? parts_->told_sum() : none_;
  Buffer& weight = parts_ ? parts_->told_weight() : none_;
  return {s[0], s[1], s[2], {"average", &average_}, {"told/sum", &sum}, {"told/weight", &weight}};
}

void Fit::visit(StateVisitor& visitor) {
  gather();
  visitor.integer("iteration", iteration_);
  visitor.integer("rollbacks", rollbacks_);
  double last_loss = loss();
  visitor.number("loss", last_loss);
  loss_ = last_loss;
  for (const StatePart& part : state()) {
    const std::span<float> values = part.values->pull();
    for (const Graph::Parameter& parameter : parameters_) {
      const std::size_t size = parameter.desc.size;
      visitor.tensor(fmt::format("{}/{}", part.name, parameter.name), {size}, values.subspan(parameter.at, size));
    }
    part.values->push();
  }
  rollback_.visit(visitor, state_with_pictures());
  input_.visit(visitor);
  program_.store(tensors_.z);
  if (hiding_) hiding_->visit(visitor);
  if (parts_) parts_->visit(visitor);
  gathered_ = iteration_;
  if (!average_.empty()) visit_buffer(visitor, "average", sizes_of(layout_.canvas), average_);
  visitor.tensor("output", sizes_of(layout_.canvas), program_.pull(tensors_.x).first(layout_.canvas.size()));
  program_.push(tensors_.x);
}

Fit::Drawn Fit::drawn() {
  return {program_.pull(tensors_.x), hiding_ ? hiding_->base().pull() : std::span<const float>()};
}

double Fit::output(std::span<float> to, Patience& patience) {
  if (recipe_.in_tiles()) return draw_tiles({0, recipe_.input_views}, patience, to);
  if (parts_) {
    static_cast<void>(loss());  // the program will know others
    gather();
    return parts_->draw([this] { draw_part(); }, iteration_, output_cost_.seconds.view, patience, to);
  }
  if (hiding_ && !average_.empty()) {
    average(to);
  } else {
    crop(drawn(), to);
  }
  return 1;
}

double Fit::output(std::span<float> to, int view, Patience& patience) {
  DIPPER_CHECK(view < views());
  return draw_tiles({view, 1}, patience, to);
}

Fit::OutputCost Fit::measure_output() {
  if (!recipe_.in_tiles() && !parts_) return {};
  static_cast<void>(loss());
  gather();
  if (parts_) return output_cost_ = {parts_->measure([this] { draw_part(); }), Parts::rounds};
  const auto draw = [this] { draw_tile(); };
  output_cost_ = {zero_shot_ ? zero_shot_->measure(draw, backend_->pool()) : again_->measure(draw),
                  recipe_.input_views};
  return output_cost_;
}

// Before anything else is drawn.
void Fit::gather() {
  if (!parts_ || gathered_ == iteration_) return;
  program_.fetch(tensors_.x);
  parts_->gather(iteration_);
  gathered_ = iteration_;
}

void Fit::draw_tile() {
  program_.push(tensors_.z);
  program_.forward();
  program_.pull(tensors_.x);
}

void Fit::draw_part() {
  program_.store(tensors_.z);
  program_.forward();
  program_.fetch(tensors_.x);
}

double Fit::draw_tiles(Tiles::Views views, Patience& patience, std::span<float> to) {
  static_cast<void>(loss());  // the program will know others
  const auto draw = [this] { draw_tile(); };
  if (again_) return again_->restore(draw, views, patience, to);
  return zero_shot_->enlarge(draw, views, output_cost_.seconds, backend_->pool(), patience, to);
}

void Fit::average(std::span<float> to) {
  if (average_.empty()) {
    output(to);
    return;
  }
  crop({average_.pull(), {}}, to);
}

// The picture's part of the canvas.
void Fit::crop(const Drawn& canvas, std::span<float> to) const {
  DIPPER_CHECK_EQ(to.size(), layout_.picture.size());
  layout_.for_each_row([&](std::size_t from, std::size_t at) {
    for (int j = 0; j < layout_.picture.width; ++j) to[at + j] = canvas[from + j];
  });
}

std::size_t Fit::bytes() const {
  const std::size_t optimiser = m_.bytes() + v_.bytes();
  const std::size_t averaged = average_.bytes();
  const std::size_t good_state = m_.bytes() + optimiser + averaged;  // m: as theta
  return program_.bytes() + optimiser + good_state + input_.bytes() + (hiding_ ? hiding_->bytes() : 0) +
         (parts_ ? parts_->bytes() : 0) + (zero_shot_ ? zero_shot_->bytes() : 0) + (again_ ? again_->bytes() : 0) +
         averaged;
}

}  // namespace dipper
