// SPDX-License-Identifier: Apache-2.0
#include "fit/errors.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

float own_weight() {
  return static_cast<float>(std::pow(make_bell()[bell_radius], 2));
}

}  // namespace

Surroundings::Surroundings(std::span<const float> known, int height, int width)
    : known_(known.begin(), known.end()), height_(height), width_(width), weights_(filter(known, height, width)) {
  DIPPER_CHECK_EQ(known.size(), static_cast<std::size_t>(height) * width);
  for (std::size_t i = 0; i < known_.size(); ++i) weights_[i] -= own_weight() * known_[i];
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
  for (std::size_t i = 0; i < means.size(); ++i) {
    const float near = std::max(0.0F, means[i] - own_weight() * counted[i]);
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
  std::vector<double> sums(terms.size(), 0.0);
  double found = 0;
  double of_noise = 0;
  for (const std::size_t i : pixels) {
    found += squares[i];
    if (!noise.empty()) of_noise += noise[i];
    for (std::size_t k = 0; k < terms.size(); ++k) sums[k] += terms[k][i];
  }
  // What is nothing but noise at first sight may still hold a little else.
  const double of_errors = std::max(found - of_noise, 0.02 * found);
  std::vector<double> factors(terms.size(), 0.0);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    if (sums[k] > 0) factors[k] = of_errors / (static_cast<double>(terms.size()) * sums[k]);
  }
  for (int update = 0; update < updates; ++update) {
    std::vector<double> ratios(terms.size(), 0.0);
    for (const std::size_t i : pixels) {
      double sum = noise.empty() ? 0 : noise[i];
      for (std::size_t k = 0; k < terms.size(); ++k) sum += factors[k] * terms[k][i];
      if (!(sum > 0)) continue;
      for (std::size_t k = 0; k < terms.size(); ++k) ratios[k] += terms[k][i] * squares[i] / sum;
    }
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (sums[k] > 0) factors[k] *= ratios[k] / sums[k];
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
