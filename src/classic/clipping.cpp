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

// By how much the mean of a standard normal number rises when it is cut off below -t: the normal loss function.
double rise(double t) {
  const double density = std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi);
  return density - t * std::erfc(t / std::numbers::sqrt2) / 2;
}

}  // namespace

ClippedNoise clipped_noise(double value, double sigma) {
  const auto density = [](double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); };
  const auto below = [](double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; };
  const double a = -value / sigma;
  const double b = (1 - value) / sigma;
  const double inside = below(b) - below(a);
  // From the value, not from 0: where the noise is small, the squares' difference would be lost in their rounding.
  const double rise = sigma * (density(a) - density(b)) - value * below(a) + (1 - value) * below(-b);
  const double square = sigma * sigma * (inside + a * density(a) - b * density(b)) + value * value * below(a) +
                        (1 - value) * (1 - value) * below(-b);
  return {value + rise, square - rise * rise};
}

Clipping::Clipping(const Image& noisy, double sigma, Ends ends) : sigma_(sigma) {
  DIPPER_CHECK(sigma >= 0);
  const std::span<const float> samples = noisy.colours();
  if (sigma == 0 || !in_range(samples)) return;
  black_ = ends == Ends::both && is_heaped(samples, 0, static_cast<float>(sigma));
  white_ = is_heaped(samples, 1, static_cast<float>(sigma));
  if (!any()) return;
  for (int n = 0; n <= steps; ++n) means_.push_back(static_cast<float>(mean(static_cast<double>(n) / steps)));
}

float Clipping::clip(float sample) const {
  if (black_) sample = std::max(0.0F, sample);
  return white_ ? std::min(1.0F, sample) : sample;
}

double Clipping::mean(double x) const {
  double mean = x;
  if (black_) mean += sigma_ * rise(x / sigma_);
  if (white_) mean -= sigma_ * rise((1 - x) / sigma_);
  return mean;
}

float Clipping::truth(float mean) const {
  if (!any()) return mean;
  const auto above = std::ranges::upper_bound(means_, mean);
  if (above == means_.begin()) return 0;
  if (above == means_.end()) return 1;
  const float low = *(above - 1);
  return (static_cast<float>(above - means_.begin() - 1) + (mean - low) / (*above - low)) / steps;
}

}  // namespace dipper
