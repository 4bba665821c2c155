// SPDX-License-Identifier: Apache-2.0
#include "classic/clipping.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "base/check.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

constexpr int steps = 1024;

// The samples at an end beside those within sigma of it. A truth at the end makes 1.5 of that, one that is sigma away
// 0.5, and none further than 2 sigma away 0.2, where clipping hardly matters.
constexpr double heap = 0.25;

bool is_heaped(std::span<const float> samples, float end, float sigma) {
  std::size_t at_end = 0;
  std::size_t near = 0;
  for (const float sample : samples) {
    const float distance = std::abs(sample - end);
    if (distance == 0) ++at_end;
    if (distance > 0 && distance <= sigma) ++near;
  }
  return static_cast<double>(at_end) > heap * static_cast<double>(near);
}

double density(double z) {
  return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
}

double share_beyond(double z) {
  return std::erfc(z / std::numbers::sqrt2) / 2;
}

// A standard normal number that is cut off beyond this, on one side: by how much its mean moves to the other, which is
// the normal loss function, and its mean square falls.
struct CutOff {
  explicit CutOff(double end)
      : moved(density(end) - end * share_beyond(end)), lost((1 - end * end) * share_beyond(end) + end * density(end)) {}
  double moved;
  double lost;
};

// Counted from the value: as a difference of squares from 0, a small variance would be lost in rounding.
ClippedNoise clipped_noise(double value, double sigma, bool black, bool white) {
  double mean = 0;
  double square = 1;
  if (black) {
    const CutOff cut(value / sigma);
    mean += cut.moved;
    square -= cut.lost;
  }
  if (white) {
    const CutOff cut((1 - value) / sigma);
    mean -= cut.moved;
    square -= cut.lost;
  }
  return {value + sigma * mean, sigma * sigma * (square - mean * mean)};
}

}  // namespace

ClippedNoise clipped_noise(double value, double sigma) {
  return clipped_noise(value, sigma, true, true);
}

Clipping::Clipping(const Image& noisy, double sigma, Ends ends) : sigma_(sigma) {
  DIPPER_CHECK(sigma >= 0);
  const std::span<const float> samples = noisy.colours();
  if (sigma == 0 || !in_range(samples)) return;
  black_ = ends == Ends::both && is_heaped(samples, 0, static_cast<float>(sigma));
  white_ = is_heaped(samples, 1, static_cast<float>(sigma));
  if (!any()) return;
  for (int n = 0; n <= steps; ++n) means_.push_back(static_cast<float>(noise(static_cast<double>(n) / steps).mean));
}

float Clipping::clip(float sample) const {
  if (black_) sample = std::max(0.0F, sample);
  return white_ ? std::min(1.0F, sample) : sample;
}

ClippedNoise Clipping::noise(double x) const {
  return clipped_noise(x, sigma_, black_, white_);
}

float Clipping::truth(float mean) const {
  if (!any()) return mean;
  const auto above = std::ranges::upper_bound(means_, mean);
  if (above == means_.begin()) return 0;
  if (above == means_.end()) return 1;
  const float low = *(above - 1);
  return (static_cast<float>(above - means_.begin() - 1) + (mean - low) / (*above - low)) / steps;
}

double Clipping::variance(float mean) const {
  const ClippedNoise here = noise(truth(mean));
  const double slope = std::sqrt(2 / std::numbers::pi) * sigma_;  // of the variance over the mean, at an end
  return std::max(0.0, here.variance - slope * std::abs(mean - here.mean));
}

}  // namespace dipper
