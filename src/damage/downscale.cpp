// SPDX-License-Identifier: Apache-2.0
#include "damage/downscale.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "base/reflect.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

constexpr int lobes = 3;

double sinc(double x) {
  const double angle = std::numbers::pi * x;
  return x == 0 ? 1 : std::sin(angle) / angle;
}

// The weights of the pixels from i * factor + factor / 2 - lobes * factor on for new pixel i; they sum to 1.
std::vector<double> lanczos(int factor) {
  std::vector<double> weights(static_cast<std::size_t>(2 * lobes * factor));
  const double shift = factor % 2 == 0 ? 0.5 : 0;  // from the first pixel's centre to the filter's edge
  double sum = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double x = (static_cast<double>(k) + shift) / factor - lobes;
    weights[k] = sinc(x) * sinc(x / lobes);
    sum += weights[k];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// One axis: every `factor`th of `count` samples that lie `stride` apart.
struct Axis {
  int count;
  std::size_t stride;

  [[nodiscard]] double filtered(std::span<const float> from, int i, int factor, std::span<const double> weights) const {
    double sum = 0;
    int at = i * factor + factor / 2 - lobes * factor;
    for (const double weight : weights) {
      sum += weight * from[static_cast<std::size_t>(reflected_index(at++, count)) * stride];
    }
    return sum;
  }
};

}  // namespace

Image downscale(const Image& picture, int factor) {
  Image from = picture;
  if (picture.has_alpha()) {
    const std::span<const float> alpha = picture.plane(picture.channels - 1);
    for (int c = 0; c < picture.colour_channels(); ++c) {
      for (std::size_t i = 0; i < alpha.size(); ++i) from.plane(c)[i] *= alpha[i];
    }
  }
  const auto width = static_cast<std::size_t>(picture.width);
  Image small((picture.width - 1) / factor + 1, (picture.height - 1) / factor + 1, picture.channels);
  small.sample = picture.sample;
  small.icc = picture.icc;
  small.exif = picture.exif;
  const std::vector<double> weights = lanczos(factor);
  const Axis down{picture.height, width};
  const Axis across{picture.width, 1};
  std::vector<float> row(width);
  for (int c = 0; c < picture.channels; ++c) {
    const std::span<const float> plane = std::as_const(from).plane(c);
    auto to = small.plane(c).begin();
    for (int y = 0; y < small.height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        row[x] = static_cast<float>(down.filtered(plane.subspan(x), y, factor, weights));
      }
      for (int x = 0; x < small.width; ++x) *to++ = static_cast<float>(across.filtered(row, x, factor, weights));
    }
  }
  unpremultiply(small);
  if (small.has_alpha()) {
    for (float& alpha : small.plane(small.channels - 1)) alpha = std::clamp(alpha, 0.0F, 1.0F);
  }
  return small;
}

}  // namespace dipper
