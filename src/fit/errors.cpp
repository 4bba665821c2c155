// SPDX-License-Identifier: Apache-2.0
#include "fit/errors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/check.hpp"

namespace dipper {
namespace {

// Errors are alike within two or three pixels. Wider bells were worse on photos, whose edges are narrow.
constexpr double bell_deviation = 1.5;
constexpr int bell_radius = 5;

// What the mean of all counts for, where what is near has the weight 1 at most.
constexpr float prior = 0.02F;

constexpr int updates = 100;
constexpr std::size_t enough = 10000;  // pixels for a few factors

std::array<double, 2 * bell_radius + 1> make_bell() {
  std::array<double, 2 * bell_radius + 1> bell{};
  double sum = 0;
  for (int i = -bell_radius; i <= bell_radius; ++i) {
    const double value = std::exp(-0.5 * i * i / (bell_deviation * bell_deviation));
    bell[i + bell_radius] = value;
    sum += value;
  }
  for (double& value : bell) value /= sum;
  return bell;
}

// 0 beyond the edges.
std::vector<float> filter(std::span<const float> values, int height, int width) {
  const std::array<double, 2 * bell_radius + 1> bell = make_bell();
  std::vector<float> rows(values.size(), 0.0F);
  std::vector<float> to(values.size(), 0.0F);
  for (int i = 0; i < height; ++i) {
    const std::size_t row = static_cast<std::size_t>(i) * width;
    for (int k = -bell_radius; k <= bell_radius; ++k) {
      const auto weight = static_cast<float>(bell[k + bell_radius]);
      for (int j = std::max(0, -k); j < std::min(width, width - k); ++j) rows[row + j] += weight * values[row + j + k];
    }
  }
  for (int i = 0; i < height; ++i) {
    const std::size_t row = static_cast<std::size_t>(i) * width;
    for (int k = std::max(-bell_radius, -i); k <= std::min(bell_radius, height - 1 - i); ++k) {
      const auto weight = static_cast<float>(bell[k + bell_radius]);
      const std::size_t from = static_cast<std::size_t>(i + k) * width;
      for (int j = 0; j < width; ++j) to[row + j] += weight * rows[from + j];
    }
  }
  return to;
}

// Sums are taken side by side, which the compiler makes vectors of.
constexpr int lanes = 8;
using Lanes = std::array<double, lanes>;

// Of a model, by which can be divided.
constexpr double least = 1e-100;

// The values of those pixels, and zeros up to a whole number of lanes.
std::vector<double> taken(std::span<const float> values, std::span<const std::size_t> pixels) {
  std::vector<double> all((pixels.size() + lanes - 1) / lanes * lanes, 0.0);
  std::ranges::transform(pixels, all.begin(), [values](std::size_t pixel) { return double{values[pixel]}; });
  return all;
}

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

float own_weight() {
  return static_cast<float>(std::pow(make_bell()[bell_radius], 2));
}

}  // namespace

Surroundings::Surroundings(std::span<const float> known, int height, int width)
    : known_(known.begin(), known.end()), height_(height), width_(width), weights_(filter(known, height, width)) {
  DIPPER_CHECK_EQ(known.size(), static_cast<std::size_t>(height) * width);
  const float own = own_weight();
  for (std::size_t i = 0; i < known_.size(); ++i) weights_[i] -= own * known_[i];
}

std::vector<float> Surroundings::of(std::span<const float> values) const {
  DIPPER_CHECK_EQ(values.size(), known_.size());
  std::vector<float> counted(values.size(), 0.0F);
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < counted.size(); ++i) {
    if (known_[i] > 0) counted[i] = values[i];
    sum += counted[i];
    count += known_[i];
  }
  const auto mean = static_cast<float>(sum / std::max(1.0, count));
  std::vector<float> means = filter(counted, height_, width_);
  const float own = own_weight();
  for (std::size_t i = 0; i < means.size(); ++i) {
    const float near = std::max(0.0F, means[i] - own * counted[i]);
    means[i] = (near + prior * mean) / (std::max(0.0F, weights_[i]) + prior);
  }
  return means;
}

std::vector<float> Surroundings::smooth(std::span<const float> values, int height, int width) {
  const std::vector<float> ones(values.size(), 1.0F);
  const std::vector<float> weights = filter(ones, height, width);
  std::vector<float> means = filter(values, height, width);
  for (std::size_t i = 0; i < means.size(); ++i) means[i] /= weights[i];
  return means;
}

std::vector<double> SquaresModel::factors() const {
  const std::vector<std::size_t> pixels = sample();
  const std::vector<double> found = taken(squares, pixels);
  const std::vector<double> of_noise = noise.empty() ? std::vector<double>(found.size(), 0.0) : taken(noise, pixels);
  std::vector<std::vector<double>> parts;
  std::vector<double> sums;
  for (const std::span<const float> term : terms) {
    parts.push_back(taken(term, pixels));
    sums.push_back(sum_of(parts.back()));
  }
  // What is nothing but noise at first sight may still hold a little else.
  const double of_errors = std::max(sum_of(found) - sum_of(of_noise), 0.02 * sum_of(found));
  std::vector<double> factors(terms.size(), 0.0);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    if (sums[k] > 0) factors[k] = of_errors / (static_cast<double>(terms.size()) * sums[k]);
  }
  for (int update = 0; update < updates; ++update) {
    std::vector<Lanes> ratios(terms.size(), Lanes{});
    for (std::size_t n = 0; n < found.size(); n += lanes) {
      Lanes model;
      for (int i = 0; i < lanes; ++i) model[i] = of_noise[n + i];
      for (std::size_t k = 0; k < terms.size(); ++k) {
        for (int i = 0; i < lanes; ++i) model[i] += factors[k] * parts[k][n + i];
      }
      for (int i = 0; i < lanes; ++i) model[i] = model[i] > least ? found[n + i] / model[i] : 0;
      for (std::size_t k = 0; k < terms.size(); ++k) {
        for (int i = 0; i < lanes; ++i) ratios[k][i] += parts[k][n + i] * model[i];
      }
    }
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (sums[k] > 0) factors[k] *= sum_of(ratios[k]) / sums[k];
    }
  }
  return factors;
}

// Of the pixels that count, at most twice as many as say enough, evenly.
std::vector<std::size_t> SquaresModel::sample() const {
  const auto count = static_cast<std::size_t>(std::ranges::count_if(where, [](float counts) { return counts > 0; }));
  const std::size_t every = std::max<std::size_t>(1, count / enough);
  std::vector<std::size_t> pixels;
  std::size_t n = 0;
  for (std::size_t i = 0; i < where.size(); ++i) {
    if (where[i] > 0 && n++ % every == 0) pixels.push_back(i);
  }
  return pixels;
}

std::vector<float> SquaresModel::sum(std::span<const double> factors) const {
  DIPPER_CHECK_EQ(factors.size(), terms.size());
  std::vector<float> sums(squares.size(), 0.0F);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<float>(factors[k]) * terms[k][i];
  }
  return sums;
}

}  // namespace dipper
