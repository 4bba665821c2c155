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

Image denoise_photons(const Image& picture, double gain, const Denoiser& denoise) {
  DIPPER_CHECK(gain >= 0);
  if (gain == 0) return picture;
  Image image = picture;
  const double white = std::max(1.0F, *std::ranges::max_element(image.colours()));
  const double low = anscombe(0, gain);
  const double range = anscombe(white, gain) - low;
  for (float& sample : image.colours()) sample = static_cast<float>((anscombe(sample, gain) - low) / range);
  image = denoise(image, 1 / range);
  for (float& sample : image.colours()) sample = static_cast<float>(inverse_anscombe(sample * range + low, gain));
  return image;
}

}  // namespace dipper
