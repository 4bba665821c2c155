// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "dipper/error.hpp"
#include "dipper/image.hpp"

namespace dipper {
namespace {

// What is compared: the planes of both pictures, cut to the box that the crop leaves.
struct Pair {
  std::size_t width = 0;  // of the box
  std::size_t height = 0;
  std::vector<std::vector<double>> a;  // [plane][row * width + column]
  std::vector<std::vector<double>> b;
  std::vector<char> chosen;  // the mask in the box; empty: everything
  [[nodiscard]] bool counts(std::size_t i) const { return chosen.empty() || chosen[i] != 0; }
};

void check_comparable(const Image& a, const Image& b, const CompareOptions& options) {
  if (a.width != b.width || a.height != b.height) {
    throw Error(fmt::format("the pictures differ in size, {} x {} and {} x {} pixels; compare pictures of one size",
                            a.width, a.height, b.width, b.height));
  }
  if (a.colour_channels() != b.colour_channels()) {
    throw Error(
        fmt::format("one picture has {} colour channels and the other {}; compare gray with gray or RGB with RGB",
                    a.colour_channels(), b.colour_channels()));
  }
  if (options.mask != nullptr && (options.mask->width != a.width || options.mask->height != a.height)) {
    throw Error(fmt::format("the mask has {} x {} pixels but the pictures have {} x {}; give a mask of their size",
                            options.mask->width, options.mask->height, a.width, a.height));
  }
  if (options.crop < 0) throw Error(fmt::format("the crop is {} but must be 0 or more", options.crop));
  if (a.empty() || options.crop > (std::min(a.width, a.height) - 1) / 2) {
    throw Error(fmt::format("nothing is left to compare of {} x {} pixels with {} cropped at each edge", a.width,
                            a.height, options.crop));
  }
}

std::vector<double> cut(std::span<const float> plane, int width, int height, int crop) {
  std::vector<double> box;
  box.reserve(static_cast<std::size_t>(width - 2 * crop) * static_cast<std::size_t>(height - 2 * crop));
  for (int y = crop; y < height - crop; ++y) {
    const float* row = plane.data() + static_cast<std::ptrdiff_t>(y) * width;
    box.insert(box.end(), row + crop, row + width - crop);
  }
  return box;
}

std::vector<std::vector<double>> planes(const Image& image, const CompareOptions& options) {
  std::vector<std::vector<double>> all;
  all.reserve(3);
  for (int channel = 0; channel < image.colour_channels(); ++channel) {
    all.push_back(cut(image.plane(channel), image.width, image.height, options.crop));
  }
  if (!options.luma || all.size() != 3) return all;  // gray is luma already
  // ITU-R BT.601 for 8 bit: Y = 16 + 65.481 R + 128.553 G + 24.966 B of 255, with R, G and B in [0, 1].
  for (std::size_t i = 0; i < all[0].size(); ++i) {
    all[0][i] = (16 + 65.481 * all[0][i] + 128.553 * all[1][i] + 24.966 * all[2][i]) / 255;
  }
  all.resize(1);
  return all;
}

Pair prepare(const Image& a, const Image& b, const CompareOptions& options) {
  check_comparable(a, b, options);
  Pair pair;
  pair.width = static_cast<std::size_t>(a.width - 2 * options.crop);
  pair.height = static_cast<std::size_t>(a.height - 2 * options.crop);
  pair.a = planes(a, options);
  pair.b = planes(b, options);
  if (options.mask != nullptr) {
    for (const double weight : cut(options.mask->plane(0), a.width, a.height, options.crop)) {
      pair.chosen.push_back(weight >= 0.5 ? 1 : 0);
    }
    if (std::find(pair.chosen.begin(), pair.chosen.end(), 1) == pair.chosen.end()) {
      throw Error("nothing is left to compare: the mask chooses no pixel");
    }
  }
  return pair;
}

std::vector<double> gaussian(std::size_t size) {
  constexpr double sigma = 1.5;
  std::vector<double> window(size);
  double sum = 0;
  const std::size_t centre = size / 2;
  for (std::size_t i = 0; i < size; ++i) {
    const double distance = static_cast<double>(i) - static_cast<double>(centre);
    window[i] = std::exp(-distance * distance / (2 * sigma * sigma));
    sum += window[i];
  }
  for (double& weight : window) weight /= sum;
  return window;
}

// The windowed means of a, b, a^2, b^2 and ab.
using Moments = std::array<double, 5>;

Moments products(double a, double b) {
  return {a, b, a * a, b * b, a * b};
}

double similarity(const Moments& m) {
  constexpr double c1 = 0.01 * 0.01;
  constexpr double c2 = 0.03 * 0.03;
  const double aa = m[2] - m[0] * m[0];
  const double bb = m[3] - m[1] * m[1];
  const double ab = m[4] - m[0] * m[1];
  return (2 * m[0] * m[1] + c1) * (2 * ab + c2) / ((m[0] * m[0] + m[1] * m[1] + c1) * (aa + bb + c2));
}

// Row y of one plane, weighted along the row: one entry for each window that lies wholly inside.
void filter_row(const Pair& pair, std::size_t plane, std::size_t y, const std::vector<double>& window,
                std::span<Moments> filtered) {
  const double* a = pair.a[plane].data() + y * pair.width;
  const double* b = pair.b[plane].data() + y * pair.width;
  for (std::size_t x = 0; x < filtered.size(); ++x) {
    Moments sum{};
    for (std::size_t i = 0; i < window.size(); ++i) {
      const Moments product = products(a[x + i], b[x + i]);
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += window[i] * product[k];
    }
    filtered[x] = sum;
  }
}

struct Total {
  double sum = 0;
  double windows = 0;
};

// Adds the similarity of every window of one plane whose centre counts. Keeps the last window.size() filtered rows.
void add_windows(const Pair& pair, std::size_t plane, const std::vector<double>& window, Total& total) {
  const std::size_t size = window.size();
  const std::size_t columns = pair.width - size + 1;
  std::vector<Moments> ring(size * columns);
  for (std::size_t y = 0; y < pair.height; ++y) {
    filter_row(pair, plane, y, window, std::span(ring).subspan(y % size * columns, columns));
    if (y + 1 < size) continue;
    const std::size_t top = y + 1 - size;
    for (std::size_t x = 0; x < columns; ++x) {
      if (!pair.counts((top + size / 2) * pair.width + x + size / 2)) continue;
      Moments moments{};
      for (std::size_t i = 0; i < size; ++i) {
        const Moments& row = ring[(top + i) % size * columns + x];
        for (std::size_t k = 0; k < moments.size(); ++k) moments[k] += window[i] * row[k];
      }
      total.sum += similarity(moments);
      total.windows += 1;
    }
  }
}

// Sums that are no finite numbers come from such samples alone: squares of floats do not overflow a double.
void check_finite(double sum) {
  if (std::isfinite(sum)) return;
  throw Error("the pictures hold NaN or infinite samples where they are compared; compare pictures of finite numbers");
}

}  // namespace

double psnr(const Image& a, const Image& b, const CompareOptions& options) {
  const Pair pair = prepare(a, b, options);
  double sum = 0;
  double count = 0;
  for (std::size_t plane = 0; plane < pair.a.size(); ++plane) {
    for (std::size_t i = 0; i < pair.a[plane].size(); ++i) {
      if (!pair.counts(i)) continue;
      const double difference = pair.a[plane][i] - pair.b[plane][i];
      sum += difference * difference;
      count += 1;
    }
  }
  check_finite(sum);
  return sum == 0 ? std::numeric_limits<double>::infinity() : -10 * std::log10(sum / count);
}

double ssim(const Image& a, const Image& b, const CompareOptions& options) {
  const Pair pair = prepare(a, b, options);
  constexpr std::size_t largest = 11;
  const std::size_t fits = std::min(pair.width, pair.height);
  const std::vector<double> window = gaussian(std::min(largest, fits - 1 + fits % 2));
  Total total;
  for (std::size_t plane = 0; plane < pair.a.size(); ++plane) add_windows(pair, plane, window, total);
  if (total.windows == 0)
    throw Error("nothing is left to compare: no window centred on the mask lies inside the picture");
  check_finite(total.sum);
  return total.sum / total.windows;
}

Image difference(const Image& a, const Image& b, double gain) {
  check_comparable(a, b, {});
  Image out(a.width, a.height, a.colour_channels());
  for (std::size_t i = 0; i < out.samples.size(); ++i) {
    const double value = gain * std::abs(static_cast<double>(a.samples[i]) - b.samples[i]);
    out.samples[i] = static_cast<float>(std::isnan(value) ? 1 : std::min(value, 1.0));
  }
  return out;
}

}  // namespace dipper
