// SPDX-License-Identifier: Apache-2.0
#include "tasks/noise_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"
#include "damage/degrade.hpp"

namespace dipper {

NoiseModel NoiseModel::gaussian(const Image& noisy, double sigma) {
  NoiseModel model(sigma);
  const Clipping clipping(noisy, sigma);
  if (clipping.any()) model.clipping_ = clipping;
  return model;
}

// Nothing is clipped in the dark, where no photon is what was counted.
NoiseModel NoiseModel::photons(const Image& noisy, double gain) {
  const PhotonScale scale(gain, std::max(1.0F, *std::ranges::max_element(noisy.colours())));
  NoiseModel model(scale.sigma());
  model.photons_ = scale;
  const Clipping clipping(model.even(noisy), model.sigma_, Ends::white);
  if (clipping.any()) model.clipping_ = clipping;
  return model;
}

Image NoiseModel::even(Image noisy) const {
  if (!photons_) return noisy;
  for (float& sample : noisy.colours()) sample = photons_->into(sample);
  return noisy;
}

double NoiseModel::variance(float mean) const {
  const double variance = clipping_ ? clipping_->variance(mean) : sigma_ * sigma_;
  return photons_ ? variance * anscombe_variance(truth(mean, true) / photons_->gain()) : variance;
}

float NoiseModel::truth(float mean, bool unclip) const {
  if (clipping_ && unclip) mean = clipping_->truth(mean);
  return photons_ ? photons_->mean(mean) : mean;
}

void NoiseModel::to_truth(std::span<float> means, bool unclip) const {
  if (!clipping_ && !photons_) return;
  for (float& mean : means) mean = truth(mean, unclip);
}

std::vector<float> NoiseModel::squares_of_truth(std::span<const float> means, std::span<const float> squares,
                                                bool unclip) const {
  if (!clipping_ && !photons_) return {squares.begin(), squares.end()};
  const std::size_t plane = squares.size();
  const std::size_t channels = means.size() / plane;
  DIPPER_CHECK_EQ(means.size(), channels * plane);
  std::vector<float> of_truth(plane, 0.0F);
  for (std::size_t i = 0; i < plane; ++i) {
    const float deviation = std::sqrt(std::max(0.0F, squares[i]));
    for (std::size_t c = 0; c < channels; ++c) {
      const float mean = means[c * plane + i];
      const float apart = (truth(mean + deviation, unclip) - truth(mean - deviation, unclip)) / 2;
      of_truth[i] += apart * apart / static_cast<float>(channels);
    }
  }
  return of_truth;
}

Image NoiseModel::sampled(const Image& means, const Philox& random) const {
  Image samples = means;
  to_truth(samples.colours(), true);
  if (photons_) {
    add_photon_noise(samples, 1 / photons_->gain(), random);
    samples = even(std::move(samples));
  } else {
    add_normal_noise(samples, sigma_, random);
  }
  if (!clipping_) return samples;
  for (float& sample : samples.colours()) sample = clipping_->clip(sample);
  return samples;
}

}  // namespace dipper
