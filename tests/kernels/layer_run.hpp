// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <memory>
#include <variant>
#include <vector>

#include "base/philox.hpp"
#include "kernels/desc.hpp"
#include "kernels/layer.hpp"

namespace dipper {

/// Numbers in [-1, 1), the same for every number type.
inline std::vector<double> random_values(std::size_t count, std::uint64_t which) {
  const Philox random{.seed = 42, .stream = Stream::input};
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = 2 * random.uniform(which, i) - 1;
  return values;
}

/// The sum of the first `count` products.
template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// How far `got` is from `expected`, relative to the largest expected value.
inline double distance(const std::vector<float>& got, const std::vector<double>& expected, std::size_t count) {
  double largest = 1e-3;
  double worst = 0;
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    const double difference = std::abs(static_cast<double>(got[i]) - expected[i]);
    worst = std::isnan(difference) ? INFINITY : std::max(worst, difference);
  }
  return worst / largest;
}

/// One layer with all its tensors, to be run forward and backward.
template <class T>
struct LayerRun {
  static constexpr std::size_t spare = read_ahead;

  LayerDesc desc;
  std::vector<std::vector<T>> x;
  std::vector<T> norm;  // by which a layer that normalises its input takes it
  std::vector<T> theta;
  std::vector<T> y;
  std::vector<T> saved;
  std::vector<T> scratch;
  std::vector<T> dy;
  std::vector<std::vector<T>> dx;
  std::vector<T> dtheta;
  Write write = Write::overwrite;

  explicit LayerRun(LayerDesc which) : desc(std::move(which)) {
    std::uint64_t stream = 0;
    const auto fill = [&stream](std::size_t count) {
      const std::vector<double> values = random_values(count, stream++);
      std::vector<T> converted(values.begin(), values.end());
      converted.resize(count + spare);
      return converted;
    };
    for (const Shape& shape : inputs_of(desc)) {
      x.push_back(fill(shape.size()));
      dx.push_back(fill(shape.size()));
    }
    // With weights of both signs the loss would be what is left of large terms.
    if (std::holds_alternative<MaskedErrorDesc>(desc)) {
      for (T& weight : x[2]) weight = T(std::abs(weight));
    }
    norm = fill(3 * static_cast<std::size_t>(inputs_of(desc)[0].channels));
    theta = fill(parameter_count(desc));
    dtheta.assign(theta.size(), T(7));
    y.assign(output_of(desc).size() + spare, T(7));
    saved.assign(saved_size(desc) + spare, T(7));
    dy = fill(output_of(desc).size());
  }

  Operands<T> operands(Layer<T>& layer) {
    inputs_.clear();
    for (const auto& input : x) inputs_.push_back(input.data());
    // What scratch memory holds at first may not matter.
    if (scratch.size() < layer.scratch_size()) {
      scratch.resize(layer.scratch_size(), T(std::numeric_limits<double>::quiet_NaN()));
    }
    return {.x = inputs_,
            .y = y.data(),
            .norm = norm.data(),
            .theta = theta.data(),
            .saved = saved.data(),
            .scratch = scratch.data()};
  }

  void forward(Layer<T>& layer) { layer.forward(operands(layer)); }

  void backward(Layer<T>& layer) {
    targets_.clear();
    const bool first_only = std::holds_alternative<MaskedErrorDesc>(desc);
    for (std::size_t i = 0; i < dx.size(); ++i) {
      targets_.push_back({first_only && i > 0 ? nullptr : dx[i].data(), write});
    }
    const Gradients<T> gradients{dy.data(), targets_, dtheta.data()};
    layer.backward_parameters(operands(layer), gradients);
    layer.backward_inputs(operands(layer), gradients);
  }

 private:
  std::vector<const T*> inputs_;
  std::vector<GradientTarget<T>> targets_;
};

}  // namespace dipper
