// SPDX-License-Identifier: Apache-2.0
#include "image/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace dipper {
namespace {

// The old pixels first .. first + weights.size() - 1 that one new pixel covers along one axis; the weights sum to 1.
struct Coverage {
  std::size_t first = 0;
  std::vector<double> weights;
};

// New pixel i covers [i * from / to, (i + 1) * from / to); in units of 1 / to all bounds are whole numbers.
std::vector<Coverage> coverages(std::int64_t from, std::int64_t to) {
  std::vector<Coverage> all(static_cast<std::size_t>(to));
  for (std::int64_t i = 0; i < to; ++i) {
    const std::int64_t begin = i * from;
    const std::int64_t end = begin + from;
    Coverage& coverage = all[static_cast<std::size_t>(i)];
    coverage.first = static_cast<std::size_t>(begin / to);
    for (std::int64_t pixel = begin / to; pixel * to < end; ++pixel) {
      const std::int64_t covered = std::min(end, (pixel + 1) * to) - std::max(begin, pixel * to);
      coverage.weights.push_back(static_cast<double>(covered) / static_cast<double>(from));
    }
  }
  return all;
}

// One plane of the picture as it is averaged: NaN black, and times alpha where there is one.
struct Source {
  std::span<const float> colour;
  std::span<const float> alpha;  // empty: the plane itself
  [[nodiscard]] double at(std::size_t i) const {
    const double value = black_if_nan(colour[i]);
    return alpha.empty() ? value : value * black_if_nan(alpha[i]);
  }
  static double black_if_nan(float value) { return std::isnan(value) ? 0 : value; }
};

void average(const Source& source, std::size_t width, const std::vector<Coverage>& columns,
             const std::vector<Coverage>& rows, std::span<float> to) {
  std::vector<double> line(width);
  std::size_t out = 0;
  for (const Coverage& row : rows) {
    std::fill(line.begin(), line.end(), 0.0);
    for (std::size_t i = 0; i < row.weights.size(); ++i) {
      const std::size_t start = (row.first + i) * width;
      for (std::size_t x = 0; x < width; ++x) line[x] += row.weights[i] * source.at(start + x);
    }
    for (const Coverage& column : columns) {
      double sum = 0;
      for (std::size_t i = 0; i < column.weights.size(); ++i) sum += column.weights[i] * line[column.first + i];
      to[out++] = static_cast<float>(sum);
    }
  }
}

}  // namespace

Image shrink(const Image& image, int width, int height) {
  Image small(width, height, image.channels);
  small.sample = image.sample;
  small.icc = image.icc;
  small.exif = image.exif;
  const std::vector<Coverage> columns = coverages(image.width, width);
  const std::vector<Coverage> rows = coverages(image.height, height);
  const auto old_width = static_cast<std::size_t>(image.width);
  for (int channel = 0; channel < image.channels; ++channel) {
    average({image.plane(channel), {}}, old_width, columns, rows, small.plane(channel));
  }
  if (!image.has_alpha()) return small;
  const std::span<const float> alpha = image.plane(image.channels - 1);
  const std::span<const float> small_alpha = std::as_const(small).plane(image.channels - 1);
  std::vector<float> weighted(small.plane_size());
  for (int channel = 0; channel < image.colour_channels(); ++channel) {
    average({image.plane(channel), alpha}, old_width, columns, rows, weighted);
    const std::span<float> colour = small.plane(channel);
    for (std::size_t i = 0; i < weighted.size(); ++i) {
      if (small_alpha[i] > 0) colour[i] = weighted[i] / small_alpha[i];  // else the plain mean stays
    }
  }
  return small;
}

}  // namespace dipper
