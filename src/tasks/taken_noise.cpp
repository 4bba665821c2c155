// SPDX-License-Identifier: Apache-2.0
#include "tasks/taken_noise.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "classic/window_sums.hpp"

namespace dipper {
namespace {

// A pixel's noise is as large as what is taken over of it is small, so it takes many to tell: at 3 of 100 held out, the
// 65x65 pixels around one hold 120.
constexpr int reach = 32;

std::vector<float> means_near(std::span<const std::size_t> pixels, std::span<const float> taken, int height,
                              int width) {
  std::vector<double> values(static_cast<std::size_t>(height) * width);
  std::vector<double> counts(values.size());
  double mean = 0;
  for (std::size_t n = 0; n < pixels.size(); ++n) {
    values[pixels[n]] = taken[n];
    counts[pixels[n]] = 1;
    mean += taken[n] / static_cast<double>(pixels.size());
  }
  WindowSums sums(height, width, reach);
  sums.replace(std::span(values));
  sums.replace(std::span(counts));
  std::vector<float> near(values.size());
  for (std::size_t i = 0; i < near.size(); ++i) {
    near[i] = static_cast<float>(std::max(0.0, counts[i] > 0 ? values[i] / counts[i] : mean));
  }
  return near;
}

}  // namespace

TakenNoise taken_noise(const Observation& observation, const TaskMethod& method, const Image& restored,
                       std::span<const std::size_t> pixels, std::uint64_t seed, int threads, Patience& patience) {
  PartOf first(patience, 0, 0.5);
  PartOf second(patience, 0.5, 0.5);
  DIPPER_CHECK(!pixels.empty());
  const Image means = method.restore(without(observation, pixels), threads, first);
  const Image noisy = observation.noise.sampled(means, {seed, Stream::other_noise});
  Observation other = observation;
  const int channels = restored.colour_channels();
  for (int c = 0; c < channels; ++c) {
    for (const std::size_t i : pixels) other.damaged.plane(c)[i] = noisy.plane(c)[i];
  }
  const Image moved = method.restore(other, threads, second);
  TakenNoise found{.taken = std::vector<float>(pixels.size()), .near = {}};
  for (int c = 0; c < channels; ++c) {
    for (std::size_t n = 0; n < pixels.size(); ++n) {
      const std::size_t i = pixels[n];
      const float noise = noisy.plane(c)[i] - means.plane(c)[i];
      // The first result knows nothing of this noise, so on average that changes nothing; but it is nearer than 0.
      found.taken[n] += noise * (moved.plane(c)[i] - restored.plane(c)[i]);
      found.noise += double{noise} * noise / static_cast<double>(channels * pixels.size());
    }
  }
  found.near = means_near(pixels, found.taken, restored.height, restored.width);
  return found;
}

}  // namespace dipper
