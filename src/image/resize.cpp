// SPDX-License-Identifier: Apache-2.0
#include "image/resize.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>

#include "base/check.hpp"
#include "base/thread_pool.hpp"

namespace dipper {
namespace {

double sinc(double d) {
  return d == 0 ? 1 : std::sin(std::numbers::pi * d) / (std::numbers::pi * d);
}

double support(ResizeKernel kernel) {
  switch (kernel) {
    case ResizeKernel::box:
      return 0.5;
    case ResizeKernel::bicubic:
    case ResizeKernel::lanczos2:
      return 2;
    case ResizeKernel::lanczos3:
      return 3;
    case ResizeKernel::gaussian:
      return 1.5;
  }
  DIPPER_CHECK(false);
}

double weight(ResizeKernel kernel, double distance) {
  const double d = std::abs(distance);
  if (d >= support(kernel)) return 0;
  switch (kernel) {
    case ResizeKernel::box:
      return 1;
    case ResizeKernel::bicubic:
      return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2;
    case ResizeKernel::lanczos2:
      return sinc(d) * sinc(d / 2);
    case ResizeKernel::lanczos3:
      return sinc(d) * sinc(d / 3);
    case ResizeKernel::gaussian:
      return std::exp(-2 * d * d);
  }
  DIPPER_CHECK(false);
}

// New sample i covers [i * from / to, (i + 1) * from / to); in units of 1 / to all bounds are whole numbers.
Taps coverage(std::int64_t from, std::int64_t to, std::int64_t i) {
  const std::int64_t begin = i * from;
  const std::int64_t end = begin + from;
  Taps taps{.first = static_cast<int>(begin / to), .weights = {}};
  for (std::int64_t sample = begin / to; sample * to < end; ++sample) {
    const std::int64_t covered = std::min(end, (sample + 1) * to) - std::max(begin, sample * to);
    taps.weights.push_back(static_cast<double>(covered) / static_cast<double>(from));
  }
  return taps;
}

// The samples from `begin` to `end` (exclusive) under the kernel that is centred at `centre` and `stretch` times wider.
Taps under(ResizeKernel kernel, double centre, double stretch, int begin, int end) {
  const double reach = support(kernel) * stretch;
  const int first = std::max(begin, static_cast<int>(std::floor(centre - reach)) + 1);
  const int last = std::min(end, static_cast<int>(std::ceil(centre + reach))) - 1;
  Taps taps{.first = first, .weights = {}};
  double sum = 0;
  for (int sample = first; sample <= last; ++sample) {
    taps.weights.push_back(weight(kernel, (sample - centre) / stretch));
    sum += taps.weights.back();
  }
  for (double& w : taps.weights) w /= sum;
  return taps;
}

/// What each of the new samples is made of, all weights one after the other.
struct Windows {
  Windows(ResizeKernel kernel, int from, int to) {
    const double scale = static_cast<double>(from) / to;
    for (int i = 0; i < to; ++i) {
      const Taps taps = kernel == ResizeKernel::box
                            ? coverage(from, to, i)
                            : under(kernel, (i + 0.5) * scale - 0.5, std::max(1.0, scale), 0, from);
      first.push_back(static_cast<std::size_t>(taps.first));
      weights.insert(weights.end(), taps.weights.begin(), taps.weights.end());
      end.push_back(weights.size());
    }
  }
  [[nodiscard]] std::size_t size() const { return first.size(); }
  [[nodiscard]] std::span<const double> of(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : end[i - 1];
    return {weights.data() + begin, end[i] - begin};
  }

  std::vector<std::size_t> first{};  // of the old samples
  std::vector<std::size_t> end{};    // of the weights
  std::vector<double> weights{};
};

float black_if_nan(float value) {
  return std::isnan(value) ? 0.0F : value;
}

// One plane of the picture as it is resized: NaN black, and times alpha where there is one.
struct Source {
  std::span<const float> colour;
  std::span<const float> alpha;  // empty: the plane itself
  [[nodiscard]] double at(std::size_t i) const {
    const double value = black_if_nan(colour[i]);
    return alpha.empty() ? value : value * black_if_nan(alpha[i]);
  }
};

// One new row. `line` is scratch as wide as the old ones.
void apply_row(const Source& source, std::size_t row, const Windows& columns, const Windows& rows,
               std::span<double> line, std::span<float> to) {
  const std::size_t width = line.size();
  std::ranges::fill(line, 0.0);
  std::size_t start = rows.first[row] * width;
  for (const double weight : rows.of(row)) {
    for (std::size_t x = 0; x < width; ++x) line[x] += weight * source.at(start + x);
    start += width;
  }
  for (std::size_t column = 0; column < columns.size(); ++column) {
    const double* from = line.data() + columns.first[column];
    double sum = 0;
    for (const double weight : columns.of(column)) sum += weight * *from++;
    to[column] = static_cast<float>(sum);
  }
}

void apply(const Source& source, std::size_t width, const Windows& columns, const Windows& rows, ThreadPool* pool,
           std::span<float> to) {
  constexpr std::size_t rows_per_task = 16;
  const auto band = [&](int number, int /*worker*/) {
    std::vector<double> line(width);
    const std::size_t begin = static_cast<std::size_t>(number) * rows_per_task;
    for (std::size_t row = begin; row < std::min(rows.size(), begin + rows_per_task); ++row) {
      apply_row(source, row, columns, rows, line, to.subspan(row * columns.size(), columns.size()));
    }
  };
  const auto bands = static_cast<int>((rows.size() + rows_per_task - 1) / rows_per_task);
  if (pool != nullptr) return pool->run(bands, band);
  for (int number = 0; number < bands; ++number) band(number, 0);
}

// What was resized times alpha, over alpha; where that is 0 the colour stays as it is.
void unweight(std::span<const float> weighted, std::span<const float> alpha, std::span<const float> old,
              std::span<float> colour) {
  float least = black_if_nan(old[0]);
  float most = least;
  for (const float value : old) {
    least = std::min(least, black_if_nan(value));
    most = std::max(most, black_if_nan(value));
  }
  for (std::size_t i = 0; i < colour.size(); ++i) {
    if (alpha[i] <= 0) continue;
    colour[i] = weighted[i] / alpha[i];
    // A quotient of two small numbers that a kernel's negative parts made can be anything.
    if (alpha[i] < 1) colour[i] = std::clamp(colour[i], least, most);
  }
}

}  // namespace

Image resize(const Image& image, int width, int height, ResizeKernel kernel, ThreadPool* pool) {
  Image resized(width, height, image.channels);
  resized.sample = image.sample;
  resized.icc = image.icc;
  resized.exif = image.exif;
  const Windows columns(kernel, image.width, width);
  const Windows rows(kernel, image.height, height);
  const auto old_width = static_cast<std::size_t>(image.width);
  for (int channel = 0; channel < image.channels; ++channel) {
    apply({image.plane(channel), {}}, old_width, columns, rows, pool, resized.plane(channel));
  }
  if (!image.has_alpha()) return resized;
  const std::span<const float> old_alpha = image.plane(image.channels - 1);
  const std::span<float> alpha = resized.plane(image.channels - 1);
  std::vector<float> weighted(resized.plane_size());
  for (int channel = 0; channel < image.colour_channels(); ++channel) {
    apply({image.plane(channel), old_alpha}, old_width, columns, rows, pool, weighted);
    unweight(weighted, alpha, image.plane(channel), resized.plane(channel));
  }
  for (float& value : alpha) value = std::clamp(value, 0.0F, 1.0F);
  return resized;
}

Taps downsampling_taps(ResizeKernel kernel, int factor) {
  DIPPER_CHECK(factor >= 1);
  if (kernel == ResizeKernel::box) return coverage(factor, 1, 0);
  return under(kernel, (factor - 1) / 2.0, factor, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
}

}  // namespace dipper
