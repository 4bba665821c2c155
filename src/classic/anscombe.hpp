// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dipper {

/// Counted photons as numbers with noise of the standard deviation 1, whatever their mean (Anscombe, "The
/// transformation of Poisson, binomial and negative-binomial data", 1948): 2 sqrt(x / gain + 3/8). The variance of a
/// sample x >= 0 is gain > 0 times its mean; the result's is within 5 % of 1 from means of 3 gains on, and less below.
[[nodiscard]] double anscombe(double sample, double gain);

/// The mean of the samples whose transforms have this mean, which is not where a single sample would lie: the closed
/// form of the exact unbiased inverse (Maekitalo and Foi, "A closed-form approximation of the exact unbiased inverse of
/// the Anscombe variance-stabilizing transformation", 2011). 0 or more, for any value.
[[nodiscard]] double inverse_anscombe(double value, double gain);

/// The variance of the transforms of so many photons on average, 0 or more: 1, and less of few, as 0 of none.
[[nodiscard]] double anscombe_variance(double photons);

/// The transform, scaled such that 0 and white become 0 and 1.
class PhotonScale {
 public:
  PhotonScale(double gain, double white);

  /// Of the noise that a transformed sample has.
  [[nodiscard]] double sigma() const { return 1 / range_; }

  [[nodiscard]] float into(float sample) const;

  /// The mean of the samples whose transforms have this mean; 0 or more.
  [[nodiscard]] float mean(float value) const;

  [[nodiscard]] double gain() const { return gain_; }

 private:
  double gain_;
  double low_;
  double range_;
};

}  // namespace dipper
