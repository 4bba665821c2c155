// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/philox.hpp"
#include "classic/anscombe.hpp"
#include "classic/clipping.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// How the samples of a noisy picture came about. Denoisers want noise that is alike everywhere, and all that they can
/// find is the mean of such samples. Where these were transformed or clipped that is not the truth yet, but tells it.
class NoiseModel {
 public:
  /// Gaussian noise of this standard deviation >= 0, which is in the samples as it was.
  explicit NoiseModel(double sigma = 0) : sigma_(sigma) {}

  /// Gaussian noise that was clipped where the picture shows it.
  [[nodiscard]] static NoiseModel gaussian(const Image& noisy, double sigma);

  /// Photons, of which 1 / gain make white; where the picture shows it, there were more, and they were clipped. Gain >
  /// 0, samples >= 0.
  [[nodiscard]] static NoiseModel photons(const Image& noisy, double gain);

  /// The standard deviation of the noise in even().
  [[nodiscard]] double sigma() const { return sigma_; }

  /// The picture with noise that is alike everywhere; of photons their transforms, in [0, 1]. Alpha stays as it is.
  [[nodiscard]] Image even(Image noisy) const;

  /// The variance of such samples where this is their mean.
  [[nodiscard]] double variance(float mean) const;

  /// From means of such samples to the truth. Photons are counted again in any case; what clipping did to the means is
  /// undone when that is asked for.
  void to_truth(std::span<float> means, bool unclip) const;

  /// The square errors to be expected of that truth, when those of the means are `squares`, [row][column] and averaged
  /// over the channels: how far means that are one deviation off, up and down, take it apart.
  [[nodiscard]] std::vector<float> squares_of_truth(std::span<const float> means, std::span<const float> squares,
                                                    bool unclip) const;

  /// Other samples, as even() has them, of what these means say of the truth.
  [[nodiscard]] Image sampled(const Image& means, const Philox& random) const;

 private:
  [[nodiscard]] float truth(float mean, bool unclip) const;

  double sigma_;
  std::optional<Clipping> clipping_{};  // of the noise in even()
  std::optional<PhotonScale> photons_{};
};

}  // namespace dipper
