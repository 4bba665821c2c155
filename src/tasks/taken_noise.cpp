// SPDX-License-Identifier: Apache-2.0
#include "tasks/taken_noise.hpp"

#include <algorithm>
#include <cmath>

#include "base/philox.hpp"

namespace dipper {
namespace {

// What is added, as a share of the noise: little enough for a derivative, and enough to be seen beside the thresholds
// of BM3D, at which its result jumps.
constexpr float more = 0.1F;

constexpr int reach = 8;

// The mean over the part of each window that lies inside.
void smooth(std::vector<float>& values, int height, int width) {
  std::vector<double> rows(values.size());  // sums along the rows
  const auto at = [width](int i, int j) { return static_cast<std::size_t>(i) * width + j; };
  const auto first = [](int i) { return std::max(0, i - reach); };
  const auto last = [](int i, int size) { return std::min(size - 1, i + reach); };
  for (int i = 0; i < height; ++i) {
    double sum = 0;
    for (int j = 0; j < std::min(width, reach); ++j) sum += values[at(i, j)];
    for (int j = 0; j < width; ++j) {
      if (j + reach < width) sum += values[at(i, j + reach)];
      rows[at(i, j)] = sum;
      if (j >= reach) sum -= values[at(i, j - reach)];
    }
  }
  for (int j = 0; j < width; ++j) {
    double sum = 0;
    for (int i = 0; i < std::min(height, reach); ++i) sum += rows[at(i, j)];
    for (int i = 0; i < height; ++i) {
      if (i + reach < height) sum += rows[at(i + reach, j)];
      const int count = (last(i, height) - first(i) + 1) * (last(j, width) - first(j) + 1);
      values[at(i, j)] = static_cast<float>(sum / count);
      if (i >= reach) sum -= rows[at(i - reach, j)];
    }
  }
}

}  // namespace

std::vector<float> taken_noise(const Observation& observation, const TaskMethod& method, const Image& restored,
                               std::uint64_t seed, int threads) {
  const std::size_t plane = restored.plane_size();
  std::vector<float> taken(plane, 0.0F);
  if (observation.noise <= 0) return taken;
  const Philox random{seed, Stream::probe};
  const auto probe = [&](int c, std::size_t i) {
    return random.uniform(static_cast<std::uint64_t>(c), i) < 0.5F ? -1.0F : 1.0F;
  };
  // Photons are as noisy as the light there makes them.
  const auto deviation = [&](int c, std::size_t i) {
    if (observation.gain <= 0) return static_cast<float>(observation.noise);
    return static_cast<float>(std::sqrt(observation.gain * std::max(0.0F, restored.plane(c)[i])));
  };
  Observation noisier = observation;
  for (int c = 0; c < restored.colour_channels(); ++c) {
    for (std::size_t i = 0; i < plane; ++i) noisier.damaged.plane(c)[i] += more * deviation(c, i) * probe(c, i);
  }
  const Image moved = method.restore(noisier, threads);
  for (int c = 0; c < restored.colour_channels(); ++c) {
    for (std::size_t i = 0; i < plane; ++i) {
      taken[i] += deviation(c, i) * probe(c, i) * (moved.plane(c)[i] - restored.plane(c)[i]) / more;
    }
  }
  smooth(taken, restored.height, restored.width);
  for (float& value : taken) value = std::max(0.0F, value);
  return taken;
}

}  // namespace dipper
