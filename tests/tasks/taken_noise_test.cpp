// SPDX-License-Identifier: Apache-2.0
#include "tasks/taken_noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "classic/bm3d.hpp"
#include "classic/clipping.hpp"
#include "damage/degrade.hpp"

namespace dipper {
namespace {

constexpr int size = 128;
constexpr float sigma = 0.1F;

/// A disc on a slope, and noise on it, clipped where the slope begins in the dark.
struct Scene {
  explicit Scene(float darkest) : truth(size, size, 1) {
    for (int i = 0; i < size; ++i) {
      for (int j = 0; j < size; ++j) {
        const std::size_t at = static_cast<std::size_t>(i) * size + j;
        truth.samples[at] = std::hypot(i - 50, j - 40) < 25 ? 0.7F : darkest + 0.002F * static_cast<float>(j);
        if (Philox{5, Stream::held_out}.uniform(0, at) < 0.1F) pixels.push_back(at);
      }
    }
    Image noisy = truth;
    add_normal_noise(noisy, sigma, {3, Stream::noise});
    for (float& sample : noisy.samples) sample = std::clamp(sample, 0.0F, 1.0F);
    observation = all_known(noisy);
    observation.noise = NoiseModel::gaussian(noisy, sigma);
    if (const Clipping found(noisy, sigma); found.any()) clipping = found;
  }
  /// The noise of each pixel.
  [[nodiscard]] std::vector<double> noise() const {
    std::vector<double> values(truth.samples.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double mean = clipping ? clipping->noise(truth.samples[i]).mean : truth.samples[i];
      values[i] = observation.damaged.samples[i] - mean;
    }
    return values;
  }
  /// The mean of what the estimate estimates, told from the noise itself; over all pixels, as held out or not they are
  /// alike.
  [[nodiscard]] double really_taken(const Image& restored) const {
    const std::vector<double> values = noise();
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * (double{restored.samples[i]} - truth.samples[i]);
    return sum / static_cast<double>(values.size());
  }
  Image truth;
  std::vector<std::size_t> pixels;
  Observation observation;
  std::optional<Clipping> clipping;
};

double mean_of(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Image a_quarter(const Observation& observation, int /*threads*/, Patience& /*patience*/) {
  Image image = observation.damaged;
  for (float& sample : image.samples) sample = 0.25F * sample + 0.4F;
  return image;
}

Image bm3d(const Observation& observation, int threads, Patience& /*patience*/) {
  return denoise_bm3d(observation.damaged, observation.noise.sigma(), threads);
}

TakenNoise found(const Scene& scene, const TaskMethod& method, std::uint64_t seed = 0) {
  return taken_noise(scene.observation, method, method.restore(scene.observation, 2, Patience::endless()), scene.pixels,
                     seed, 2);
}

TEST(TakenNoise, OfALinearMethodIsItsFactorTimesTheVariance) {
  const Scene scene(0.35F);
  ASSERT_FALSE(scene.clipping);
  const TakenNoise noise = found(scene, {"quarter", "", a_quarter});
  EXPECT_EQ(noise.taken.size(), scene.pixels.size());
  EXPECT_NEAR(mean_of(noise.taken), 0.25 * sigma * sigma, 0.03 * sigma * sigma);
  EXPECT_NEAR(noise.noise, sigma * sigma, 0.1 * sigma * sigma);
}

TEST(TakenNoise, OfBlockMatchingIsWhatItReallyTakes) {
  for (const float darkest : {0.35F, 0.0F}) {
    const Scene scene(darkest);
    const TaskMethod method{"bm3d", "", bm3d};
    double taken = 0;
    for (std::uint64_t seed = 0; seed < 4; ++seed) taken += mean_of(found(scene, method, seed).taken) / 4;
    const double really = scene.really_taken(method.restore(scene.observation, 2, Patience::endless()));
    EXPECT_GT(really, 0.01 * sigma * sigma);
    EXPECT_NEAR(taken, really, 0.15 * really) << darkest;
  }
}

/// On the left the method keeps half of the noise, on the right nothing.
TEST(TakenNoise, NearAPixelIsWhatThoseAroundItSay) {
  const Scene scene(0.35F);
  const auto left_half = [](const Observation& observation, int /*threads*/, Patience& /*patience*/) {
    Image image = observation.damaged;
    for (std::size_t i = 0; i < image.samples.size(); ++i) {
      image.samples[i] = i % size < size / 2 ? 0.5F * image.samples[i] : 0.2F;
    }
    return image;
  };
  const TakenNoise noise = found(scene, {"left", "", left_half});
  ASSERT_EQ(noise.near.size(), scene.truth.samples.size());
  EXPECT_NEAR(noise.near[64 * size + 20], 0.5 * sigma * sigma, 0.2 * sigma * sigma);
  EXPECT_EQ(noise.near[64 * size + 110], 0);
  EXPECT_NEAR(noise.near[64 * size + 63], 0.25 * sigma * sigma, 0.15 * sigma * sigma);
  EXPECT_GT(noise.near[0], 0);
}

TEST(TakenNoise, IsClippedLikeTheNoise) {
  const Scene scene(0.0F);
  ASSERT_TRUE(scene.clipping);
  const std::vector<double> noise = scene.noise();
  double square = 0;
  for (const std::size_t i : scene.pixels) square += noise[i] * noise[i] / static_cast<double>(scene.pixels.size());
  EXPECT_LT(square, 0.9 * sigma * sigma);
  EXPECT_NEAR(found(scene, {"bm3d", "", bm3d}).noise, square, 0.1 * square);
}

}  // namespace
}  // namespace dipper
