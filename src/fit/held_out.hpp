// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/shape.hpp"

namespace dipper {

/// A few of the known pixels, which a fit does not learn: its error there is its error where pixels are missing, so
/// they choose between results and tell how good one is.
class HeldOut {
 public:
  /// weights: [row][column]. Only pixels of weight 1 are taken, about the share of them in (0, 1), in pieces of the
  /// shapes of what is missing, long ones in parts; none at all when so few would be taken that they say little.
  HeldOut(std::span<const float> weights, int height, int width, double share, std::uint64_t seed);

  /// In the order of rows.
  [[nodiscard]] std::span<const std::size_t> pixels() const { return pixels_; }
  /// Of each of them, the piece it belongs to: errors within one are alike.
  [[nodiscard]] std::span<const std::uint32_t> pieces() const { return pieces_; }
  [[nodiscard]] bool empty() const { return pixels_.empty(); }
  /// Whether each pixel is a piece, since single ones are missing, or none.
  [[nodiscard]] bool single() const { return single_; }

  /// The same weights, 0 for the pixels held out.
  [[nodiscard]] std::vector<float> others(std::span<const float> weights) const;

  /// Of each, the mean square of x - y over the channels; both [channel][row][column].
  [[nodiscard]] std::vector<float> errors(std::span<const float> x, std::span<const float> y, const Shape& shape) const;

 private:
  std::vector<std::size_t> pixels_;
  std::vector<std::uint32_t> pieces_;
  bool single_ = false;
};

/// The mean of a number that each pixel held out has, and how sure it is: pieces are independent of each other, the
/// pixels of one are not.
class PieceMean {
 public:
  /// HeldOut::pieces(), which must outlive this.
  explicit PieceMean(std::span<const std::uint32_t> pieces);

  void add(std::size_t n, double value);
  [[nodiscard]] double mean() const { return sum_ / count(); }
  /// The standard error of the mean.
  [[nodiscard]] double deviation() const;

 private:
  struct Sum {
    double value = 0;
    double count = 0;
  };
  [[nodiscard]] double count() const { return pieces_.empty() ? 1 : static_cast<double>(pieces_.size()); }

  std::span<const std::uint32_t> pieces_;
  std::vector<Sum> sums_;
  double sum_ = 0;
};

/// The error of y itself, where it is noisy.
struct Noise {
  double mean_square = 0;      // of a sample
  std::vector<float> taken{};  // for each pixel held out, how much of it a result has that saw it: the expectation of
                               // that result's error times y's, summed over the channels; empty for nothing
  std::vector<float> near{};   // that of each pixel, as those held out near it say, 0 or more; [row][column]
};

/// How much of each of two results to take, pixel by pixel.
struct Blend {
  std::vector<float> share;  // of the first, [row][column], in [0, 1]; the second has the rest
  double mean_share = 1;
  double error = 0;             // mean square error that is to be expected of the mixture where pixels are missing
  double error_deviation = 0;   // standard error of that figure
  std::vector<float> errors{};  // what it is the mean of, for each pixel held out
};

/// The shares that make the mixture of a and b closest to y at the pixels held out, by least squares in overlapping
/// neighbourhoods; where few pixels were held out, or both results hardly differ, that of the whole picture is as good
/// as any and is taken. One of the results alone is taken where no mixture is better. The error is found by letting
/// each half of these pieces judge the shares that the other half chose.
///
/// Where y is noisy, a must not have seen it at the pixels held out, but b may have.
///
/// Errors are those against y, and so hold its own. The noisier y is, the less are shares to differ over the picture.
[[nodiscard]] Blend blend(const HeldOut& held_out, std::span<const float> a, std::span<const float> b,
                          std::span<const float> y, const Shape& shape, const Noise& noise = {});

}  // namespace dipper
