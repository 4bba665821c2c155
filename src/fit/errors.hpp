// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace dipper {

/// How far a result is likely to be from the truth; in [0, 1], errors squared and averaged over the channels.
struct Errors {
  std::vector<float> square;  // that is to be expected of each pixel, [row][column]
  double mean = 0;            // of those that were missing, or of all where none is known to be right
  double deviation = 0;       // standard error of that
  // The shares of the samples held out that were within one and two standard deviations of the result; none where they
  // are noisy themselves.
  std::optional<double> within_one, within_two;
};

/// The means of what is known near each pixel, by a Gaussian bell, without what the pixel itself has.
class Surroundings {
 public:
  /// known: [row][column], 1 or 0.
  Surroundings(std::span<const float> known, int height, int width);

  /// values: [row][column], which count where they are known. Where nothing near is known, the mean of all.
  [[nodiscard]] std::vector<float> of(std::span<const float> values) const;

  /// With the pixel's own value.
  [[nodiscard]] static std::vector<float> smooth(std::span<const float> values, int height, int width);

 private:
  std::vector<float> known_;
  int height_;
  int width_;
  std::vector<float> weights_;  // of what is known near each pixel
};

/// A sum of planes, none of which counts less than nothing, as a model of squares: of an error and of nothing else, or
/// of an error and the noise of what it was measured against.
struct SquaresModel {
  std::vector<std::span<const float>> terms;  // each >= 0
  std::span<const float> squares;             // what was found
  std::span<const float> noise{};             // what of it is noise in the mean; empty: 0
  std::span<const float> where;               // counts where it is not 0

  /// The factors of the terms that bring the sum nearest to the squares, by the generalised Kullback-Leibler
  /// divergence: large squares have large errors themselves, so they count for less than in least squares, yet the
  /// sum's mean over the pixels of sample() is that of the squares. Multiplicative updates (Lee and Seung, 2001).
  [[nodiscard]] std::vector<double> factors() const;

  /// The sum without the noise, at every pixel.
  [[nodiscard]] std::vector<float> sum(std::span<const double> factors) const;

  /// The pixels that the factors are found by.
  [[nodiscard]] std::vector<std::size_t> sample() const;
};

}  // namespace dipper
