// SPDX-License-Identifier: Apache-2.0
#include "tasks/taken_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/philox.hpp"
#include "classic/bm3d.hpp"

namespace dipper {
namespace {

constexpr int size = 96;
constexpr float sigma = 0.1F;

// As good as it takes: the sum of twelve.
float gaussian(std::size_t at) {
  float sum = -6;
  for (std::uint64_t n = 0; n < 12; ++n) sum += Philox{7, Stream::noise}.uniform(n, at);
  return sum;
}

/// A disc on a slope, and noise on it.
struct Scene {
  Scene() : truth(size, size, 1), noise(truth.samples.size()) {
    for (int i = 0; i < size; ++i) {
      for (int j = 0; j < size; ++j) {
        const std::size_t at = static_cast<std::size_t>(i) * size + j;
        truth.samples[at] = std::hypot(i - 50, j - 40) < 25 ? 0.8F : 0.3F + 0.002F * static_cast<float>(j);
        noise[at] = sigma * gaussian(at);
      }
    }
    observation = all_known(truth);
    for (std::size_t i = 0; i < noise.size(); ++i) observation.damaged.samples[i] += noise[i];
    observation.noise = sigma;
  }
  /// The mean of what the estimate estimates, told from the noise itself.
  [[nodiscard]] double really_taken(const Image& restored) const {
    double sum = 0;
    for (std::size_t i = 0; i < noise.size(); ++i) {
      sum += double{noise[i]} * (double{restored.samples[i]} - truth.samples[i]);
    }
    return sum / static_cast<double>(noise.size());
  }
  Image truth;
  std::vector<float> noise;
  Observation observation;
};

double mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

Image a_quarter(const Observation& observation, int /*threads*/) {
  Image image = observation.damaged;
  for (float& sample : image.samples) sample = 0.25F * sample + 0.4F;
  return image;
}

Image bm3d(const Observation& observation, int threads) {
  return denoise_bm3d(observation.damaged, observation.noise, threads);
}

TEST(TakenNoise, OfALinearMethodIsItsFactorTimesTheVariance) {
  const Scene scene;
  const TaskMethod method{"quarter", "", a_quarter};
  const std::vector<float> taken = taken_noise(scene.observation, method, method.restore(scene.observation, 1), 0, 1);
  EXPECT_NEAR(mean_of(taken), 0.25 * sigma * sigma, 0.01 * sigma * sigma);
  for (const float value : taken) EXPECT_NEAR(value, 0.25 * sigma * sigma, 0.15 * sigma * sigma);
}

TEST(TakenNoise, OfBlockMatchingIsWhatItReallyTakes) {
  const Scene scene;
  const TaskMethod method{"bm3d", "", bm3d};
  const Image restored = method.restore(scene.observation, 2);
  const double taken = mean_of(taken_noise(scene.observation, method, restored, 0, 2));
  const double really = scene.really_taken(restored);
  EXPECT_GT(really, 0.01 * sigma * sigma);
  EXPECT_NEAR(taken, really, 0.25 * really);
}

TEST(TakenNoise, OfCountedPhotonsFollowsTheLight) {
  Scene scene;
  scene.observation.gain = 0.02;
  const TaskMethod method{"quarter", "", a_quarter};
  Image restored = method.restore(scene.observation, 1);
  for (int i = 0; i < size * size; ++i)
    restored.samples[static_cast<std::size_t>(i)] = i % size < size / 2 ? 0.1F : 0.9F;
  Observation observation = scene.observation;
  observation.damaged = restored;
  const std::vector<float> taken = taken_noise(observation, method, method.restore(observation, 1), 0, 1);
  const auto left = static_cast<std::size_t>(48 * size + 16);
  EXPECT_NEAR(taken[left] / taken[left + 64], (0.25 * 0.1 + 0.4) / (0.25 * 0.9 + 0.4), 0.2);
}

TEST(TakenNoise, IsNothingWithoutNoise) {
  Scene scene;
  scene.observation.noise = 0;
  const TaskMethod method{"quarter", "", a_quarter};
  EXPECT_EQ(mean_of(taken_noise(scene.observation, method, scene.truth, 0, 1)), 0);
}

}  // namespace
}  // namespace dipper
