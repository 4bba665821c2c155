// SPDX-License-Identifier: Apache-2.0
#include "fit/held_out.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "fit/gaps.hpp"

namespace dipper {
namespace {

constexpr std::size_t fewest = 100;  // pixels that say something

// Longer pieces are held out in parts of so many pixels a side: a few long ones would see little of the picture.
constexpr int longest = 64;
constexpr int part = 32;

// Shares are chosen for cells of so many pixels a side, from these and the two around them on each side.
constexpr int cell = 16;
constexpr std::array<double, 3> bell = {6.0 / 16, 4.0 / 16, 1.0 / 16};

// How many pixels' worth the choice for the whole picture counts in that of a cell.
constexpr double prior = 10;

// And how far shares differ over a picture whose share is a half, before noisy pixels have said anything; less where
// one result is so much worse that hardly any of it is taken, as of a fit in its first steps.
constexpr double spread = 0.25;

// Sums for the least squares of one unknown: the first result's share is `wanted` / `square`.
struct Sums {
  double wanted = 0;
  double square = 0;
  double count = 0;
  void add(const Sums& other, double weight) {
    wanted += weight * other.wanted;
    square += weight * other.square;
    count += weight * other.count;
  }
};

/// Shares of a picture, cell by cell.
class Shares {
 public:
  Shares(const Shape& shape, double noise)
      : noise_(noise),
        rows_((shape.height + cell - 1) / cell),
        columns_((shape.width + cell - 1) / cell),
        width_(shape.width) {
    cells_.resize(static_cast<std::size_t>(rows_) * columns_);
  }

  void add(std::size_t pixel, const Sums& sums) {
    cells_[cell_of(pixel)].add(sums, 1);
    all_.add(sums, 1);
  }

  /// To be called when all pixels were added.
  void solve() {
    const double whole = all_.square > 0 ? std::clamp(all_.wanted / all_.square, 0.0, 1.0) : 1;
    const double usual = all_.count > 0 ? all_.square / all_.count : 0;
    const double freedom = spread * spread * 4 * whole * (1 - whole);
    const double known = prior * usual + (noise_ > 0 ? noise_ / std::max(freedom, 1e-9) : 0);
    for (int i = 0; i < rows_; ++i) {
      for (int j = 0; j < columns_; ++j) {
        const Sums near = around(i, j);
        const double square = near.square + known;
        const double wanted = near.wanted + known * whole;
        shares_.push_back(square > 0 ? std::clamp(wanted / square, 0.0, 1.0) : whole);
      }
    }
  }

  /// At a pixel, linear between the cells' centres.
  [[nodiscard]] double at(std::size_t pixel) const {
    const std::size_t row = pixel / width_;
    const std::size_t column = pixel % width_;
    const double y = (static_cast<double>(row) + 0.5) / cell - 0.5;
    const double x = (static_cast<double>(column) + 0.5) / cell - 0.5;
    const int i = static_cast<int>(std::floor(y));
    const int j = static_cast<int>(std::floor(x));
    const double low = y - i;
    const double right = x - j;
    return (1 - low) * ((1 - right) * share(i, j) + right * share(i, j + 1)) +
           low * ((1 - right) * share(i + 1, j) + right * share(i + 1, j + 1));
  }

 private:
  [[nodiscard]] std::size_t cell_of(std::size_t pixel) const {
    return pixel / width_ / cell * columns_ + pixel % width_ / cell;
  }
  [[nodiscard]] double share(int i, int j) const {
    return shares_[static_cast<std::size_t>(std::clamp(i, 0, rows_ - 1)) * columns_ + std::clamp(j, 0, columns_ - 1)];
  }
  // With the nearest cells' full weight.
  [[nodiscard]] Sums around(int i, int j) const {
    Sums sums;
    for (int u = std::max(0, i - 2); u <= std::min(rows_ - 1, i + 2); ++u) {
      for (int v = std::max(0, j - 2); v <= std::min(columns_ - 1, j + 2); ++v) {
        const double weight = bell[std::abs(u - i)] * bell[std::abs(v - j)] / (bell[0] * bell[0]);
        sums.add(cells_[static_cast<std::size_t>(u) * columns_ + v], weight);
      }
    }
    return sums;
  }

  double noise_;  // mean square, of a sample
  int rows_;
  int columns_;
  std::size_t width_;
  Sums all_;
  std::vector<Sums> cells_;
  std::vector<double> shares_;
};

}  // namespace

PieceMean::PieceMean(std::span<const std::uint32_t> pieces)
    : pieces_(pieces), sums_(pieces.empty() ? 0 : std::size_t{std::ranges::max(pieces)} + 1) {}

void PieceMean::add(std::size_t n, double value) {
  sums_[pieces_[n]].value += value;
  sums_[pieces_[n]].count += 1;
  sum_ += value;
}

// Of a ratio of sums over pieces of several sizes, by its linear approximation; of one piece nothing is known.
double PieceMean::deviation() const {
  double squares = 0;
  double pieces = 0;
  for (const Sum& sum : sums_) {
    squares += std::pow(sum.value - sum.count * mean(), 2);
    pieces += sum.count > 0 ? 1 : 0;
  }
  if (pieces < 2) return std::abs(mean());
  return std::sqrt(squares * pieces / (pieces - 1)) / count();
}

HeldOut::HeldOut(std::span<const float> weights, int height, int width, double share, std::uint64_t seed) {
  Gaps gaps(weights, height, width);
  gaps.cut(longest, part);
  single_ = gaps.single();
  const std::vector<std::uint32_t> covered = gaps.lay({seed, Stream::held_out}, 0, share, true);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] < 1 || covered[i] == 0) continue;
    pixels_.push_back(i);
    pieces_.push_back(covered[i]);
  }
  if (pixels_.size() >= fewest) return;
  pixels_.clear();
  pieces_.clear();
}

std::vector<float> HeldOut::others(std::span<const float> weights) const {
  std::vector<float> left(weights.begin(), weights.end());
  for (const std::size_t i : pixels_) left[i] = 0;
  return left;
}

std::vector<float> HeldOut::errors(std::span<const float> x, std::span<const float> y, const Shape& shape) const {
  std::vector<float> errors(pixels_.size(), 0.0F);
  for (int c = 0; c < shape.channels; ++c) {
    for (std::size_t n = 0; n < pixels_.size(); ++n) {
      const std::size_t at = c * shape.plane() + pixels_[n];
      const float difference = x[at] - y[at];
      errors[n] += difference * difference / static_cast<float>(shape.channels);
    }
  }
  return errors;
}

Blend blend(const HeldOut& held_out, std::span<const float> a, std::span<const float> b, std::span<const float> y,
            const Shape& shape, const Noise& noise) {
  const std::span<const std::size_t> pixels = held_out.pixels();
  if (!noise.taken.empty()) DIPPER_CHECK_EQ(noise.taken.size(), pixels.size());
  const auto taken_at = [&](std::size_t n) { return noise.taken.empty() ? 0.0 : double{noise.taken[n]}; };
  const auto sums_at = [&](std::size_t n) {
    const std::size_t i = pixels[n];
    Sums sums{.wanted = taken_at(n), .count = 1};
    for (int c = 0; c < shape.channels; ++c) {
      const std::size_t at = c * shape.plane() + i;
      const double apart = double{a[at]} - b[at];
      sums.wanted += apart * (double{y[at]} - b[at]);
      sums.square += apart * apart;
    }
    return sums;
  };
  Shares all(shape, noise.mean_square);
  std::array<Shares, 2> halves{all, all};
  for (std::size_t n = 0; n < pixels.size(); ++n) {
    const Sums sums = sums_at(n);
    all.add(pixels[n], sums);
    halves[held_out.pieces()[n] % 2].add(pixels[n], sums);
  }
  all.solve();
  for (Shares& half : halves) half.solve();

  // The n-th pixel's share by some rule, judged by all pixels.
  const auto judged = [&](const auto& share_at) {
    PieceMean mean(held_out.pieces());
    std::vector<float> errors(pixels.size());
    for (std::size_t n = 0; n < pixels.size(); ++n) {
      const double share = share_at(n);
      // What b took over makes it look nearer to y than it is to the truth.
      double error = 2 * (1 - share) * taken_at(n) / shape.channels;
      for (int c = 0; c < shape.channels; ++c) {
        const std::size_t at = c * shape.plane() + pixels[n];
        const double difference = share * a[at] + (1 - share) * b[at] - y[at];
        error += difference * difference / shape.channels;
      }
      mean.add(n, error);
      errors[n] = static_cast<float>(error);
    }
    return Blend{.share = {}, .error = mean.mean(), .error_deviation = mean.deviation(), .errors = std::move(errors)};
  };
  Blend result = judged([&](std::size_t n) { return halves[1 - held_out.pieces()[n] % 2].at(pixels[n]); });
  for (const double pure : {0.0, 1.0}) {
    Blend alone = judged([&](std::size_t) { return pure; });
    if (alone.error >= result.error) continue;
    result = std::move(alone);
    result.share.assign(shape.plane(), static_cast<float>(pure));
  }
  if (result.share.empty()) {
    result.share.resize(shape.plane());
    for (std::size_t i = 0; i < result.share.size(); ++i) result.share[i] = static_cast<float>(all.at(i));
  }
  result.mean_share =
      std::accumulate(result.share.begin(), result.share.end(), 0.0) / static_cast<double>(shape.plane());
  return result;
}

}  // namespace dipper
