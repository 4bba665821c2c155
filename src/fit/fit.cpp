// SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "nets/nets.hpp"
#include "ops/masked_error.hpp"

namespace dipper {
namespace {

// Where the picture begins on the canvas along one axis: in the middle.
int margin(int picture, int canvas) {
  return (canvas - picture) / 2;
}

int round_up(int n, int multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed)
    : Fit(target, recipe, backend, seed, build(canvas_of(target.shape, recipe), recipe)) {}

Fit::Fit(const Target& target, const Recipe& recipe, Backend& backend, std::uint64_t seed, const Network& network)
    : recipe_(recipe),
      backend_(&backend),
      seed_(seed),
      picture_(target.shape),
      canvas_(canvas_of(target.shape, recipe)),
      z_(network.z),
      x_(network.x),
      program_(network.graph, backend, network.loss, {network.x}),
      m_(program_.theta().size()),
      v_(program_.theta().size()) {
  DIPPER_CHECK_EQ(target.values.size(), picture_.size());
  DIPPER_CHECK_EQ(target.weights.size(), picture_.plane());
  initialise_weights(network.graph);
  fill_canvas(target, network);
  backend_->normal({seed_, Stream::input}, 0, static_cast<float>(recipe_.input_scale), Write::overwrite,
                   program_.value(z_));
}

Fit::Network Fit::build(const Shape& canvas, const Recipe& recipe) {
  Network n;
  const dipper::Network& network = find_network(recipe.network);
  n.z = n.graph.input(network.z_shape(canvas, recipe.input_channels, recipe.net));
  n.y = n.graph.input(canvas);
  n.weights = n.graph.input({1, canvas.height, canvas.width});
  n.x = network.build(n.graph, n.z, canvas.channels, recipe.net);
  const Reduction reduction = recipe.loss == "sum" ? Reduction::sum : Reduction::mean;
  n.loss = masked_error(n.graph, n.x, n.y, n.weights, reduction, "loss");
  return n;
}

Shape Fit::canvas_of(const Shape& picture, const Recipe& recipe) {
  const int multiple = find_network(recipe.network).multiple(recipe.net);
  return {picture.channels, round_up(picture.height, multiple), round_up(picture.width, multiple)};
}

// Parameter tensor t takes step t of the weights' stream, so that a layer's values do not depend on the others' sizes.
void Fit::initialise_weights(const Graph& graph) {
  const Philox random{seed_, Stream::weights};
  const std::span<float> theta = program_.theta();
  for (std::size_t t = 0; t < graph.parameters().size(); ++t) {
    const Graph::Parameter& parameter = graph.parameters()[t];
    const std::span<float> values = theta.subspan(parameter.at, parameter.desc.size);
    if (parameter.desc.fan_in == 0) {
      std::fill(values.begin(), values.end(), parameter.desc.constant);
      continue;
    }
    const float bound = 1 / std::sqrt(static_cast<float>(parameter.desc.fan_in));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = bound * (2 * random.uniform(t, i) - 1);
  }
}

void Fit::fill_canvas(const Target& target, const Network& network) {
  const std::span<float> y = program_.value(network.y);
  const std::span<float> weights = program_.value(network.weights);
  const int top = margin(picture_.height, canvas_.height);
  const int left = margin(picture_.width, canvas_.width);
  for (int i = 0; i < canvas_.height; ++i) {
    const int row = padded_index(i - top, picture_.height, Padding::reflect);
    for (int j = 0; j < canvas_.width; ++j) {
      const int column = padded_index(j - left, picture_.width, Padding::reflect);
      const std::size_t from = static_cast<std::size_t>(row) * picture_.width + column;
      const std::size_t to = static_cast<std::size_t>(i) * canvas_.width + j;
      const bool inside = row == i - top && column == j - left;
      weights[to] = inside ? target.weights[from] : 0;
      // Weight 0 times NaN would still be NaN.
      const bool known = target.weights[from] > 0;
      for (int c = 0; c < picture_.channels; ++c) {
        y[c * canvas_.plane() + to] = known ? target.values[c * picture_.plane() + from] : 0;
      }
    }
  }
}

float Fit::step() {
  const float loss = program_.forward();
  program_.backward();
  const int t = iteration_ + 1;
  const double rate = learning_rate(recipe_, iteration_);
  backend_->adam({.beta1 = static_cast<float>(recipe_.adam_beta1),
                  .beta2 = static_cast<float>(recipe_.adam_beta2),
                  .epsilon = static_cast<float>(recipe_.adam_epsilon),
                  .rate = static_cast<float>(rate / (1 - std::pow(recipe_.adam_beta1, t))),
                  .v_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(recipe_.adam_beta2, t)))},
                 program_.dtheta(), program_.theta(), m_, v_);
  if (recipe_.input_noise == "walk") {
    backend_->normal({seed_, Stream::input_noise}, static_cast<std::uint64_t>(iteration_),
                     static_cast<float>(recipe_.input_noise_scale), Write::accumulate, program_.value(z_));
  }
  iteration_ = t;
  return loss;
}

void Fit::output(std::span<float> to) {
  DIPPER_CHECK_EQ(to.size(), picture_.size());
  const std::span<const float> x = program_.value(x_);
  const int top = margin(picture_.height, canvas_.height);
  const int left = margin(picture_.width, canvas_.width);
  float* out = to.data();
  for (int c = 0; c < picture_.channels; ++c) {
    for (int i = 0; i < picture_.height; ++i) {
      const float* row = x.data() + c * canvas_.plane() + static_cast<std::size_t>(i + top) * canvas_.width + left;
      out = std::copy_n(row, picture_.width, out);
    }
  }
}

std::size_t Fit::bytes() const {
  return program_.bytes() + m_.bytes() + v_.bytes();
}

}  // namespace dipper
