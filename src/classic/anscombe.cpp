// SPDX-License-Identifier: Apache-2.0
#include "classic/anscombe.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace dipper {
double anscombe(double sample, double gain) {
  return 2 * std::sqrt(sample / gain + 3.0 / 8);
}

double inverse_anscombe(double value, double gain) {
  const double root = std::sqrt(1.5);  // the transform of no photon
  if (value <= root) return 0;
  const double d = 1 / value;
  const double photons = value * value / 4 - 1.0 / 8 + d * (root / 4 + d * (-11.0 / 8 + d * root * 5 / 8));
  return gain * std::max(0.0, photons);
}

// Their mean square is 4 photons + 3/2, and their mean a sum over the counts.
double anscombe_variance(double photons) {
  constexpr double many = 10;
  if (photons >= many) return 1;
  constexpr int counts = 40;  // of which more are never reached
  double mean = 0;
  double chance = std::exp(-photons);
  for (int count = 0; count < counts; ++count) {
    mean += chance * anscombe(count, 1);
    chance *= photons / (count + 1);
  }
  return 4 * photons + 1.5 - mean * mean;
}

PhotonScale::PhotonScale(double gain, double white)
    : gain_(gain), low_(anscombe(0, gain)), range_(anscombe(white, gain) - low_) {
  DIPPER_CHECK(gain > 0 && white > 0);
}

float PhotonScale::into(float sample) const {
  return static_cast<float>((anscombe(sample, gain_) - low_) / range_);
}

float PhotonScale::mean(float value) const {
  return static_cast<float>(inverse_anscombe(value * range_ + low_, gain_));
}

}  // namespace dipper
