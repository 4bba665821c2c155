// SPDX-License-Identifier: Apache-2.0
#include "damage/degrade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "base/philox.hpp"
#include "base/reflect.hpp"
#include "dipper/error.hpp"
#include "image/codec.hpp"

namespace dipper {
namespace {

/// Convolves one plane, row by row.
class Convolution {
 public:
  Convolution(const Kernel& kernel, std::vector<float> plane, int width, int height)
      : kernel_(kernel), plane_(std::move(plane)), width_(width), height_(height) {}

  // `padded` is a row with columns - 1 more to work in.
  void row(int y, std::vector<float>& padded, std::span<float> out) const {
    const int left = kernel_.columns / 2;
    std::fill(out.begin(), out.end(), 0.0F);
    for (int r = 0; r < kernel_.rows; ++r) {
      const auto source = static_cast<std::size_t>(reflected_index(y + kernel_.rows / 2 - r, height_));
      const float* from = plane_.data() + source * static_cast<std::size_t>(width_);
      for (int x = 0; x < static_cast<int>(padded.size()); ++x) padded[x] = from[reflected_index(x - left, width_)];
      const float* weights = kernel_.weights.data() + r * kernel_.columns;
      for (int c = 0; c < kernel_.columns; ++c) {
        const float weight = weights[c];
        if (weight == 0) continue;
        const float* shifted = padded.data() + kernel_.columns - 1 - c;
        for (std::size_t x = 0; x < out.size(); ++x) out[x] += weight * shifted[x];
      }
    }
  }

 private:
  const Kernel& kernel_;
  std::vector<float> plane_;
  int width_;
  int height_;
};

// Uniform in (0, 1).
double open_unit(std::uint32_t word) {
  return (word + 0.5) * 0x1p-32;
}

// log(k!) for a whole k >= 0: Stirling's series from 10 on, whose error is then below 1e-10.
double log_factorial(double k) {
  if (k < 10) {
    double product = 1;
    for (int i = 2; i <= static_cast<int>(k); ++i) product *= i;
    return std::log(product);
  }
  const double n = k + 1;
  return (n - 0.5) * std::log(n) - n + 0.5 * std::log(2 * std::numbers::pi) + 1 / (12 * n) - 1 / (360 * n * n * n) +
         1 / (1260 * std::pow(n, 5));
}

// One Poisson number for sample `index` of a step. Small means by inversion. Large ones by the transformed rejection
// of Hoermann ("The transformed rejection method for generating Poisson random variables", 1993, algorithm PTRS).
// What a sample needs beyond its first block of numbers comes from the same counter of later steps.
double poisson(double mean, const Philox& random, std::uint64_t step, std::uint64_t index) {
  constexpr std::uint64_t next_try = 4;  // a step is a channel, of which there are fewer
  if (mean < 12) {
    const auto words = random.block(step, index);
    const double u = (static_cast<double>(words[0]) * 0x1p32 + words[1] + 0.5) * 0x1p-64;
    double k = 0;
    double probability = std::exp(-mean);
    double sum = probability;
    while (u > sum && probability > 0) {
      k += 1;
      probability *= mean / k;
      sum += probability;
    }
    return k;
  }
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double quick = 0.9277 - 3.6224 / (b - 2);
  const double log_mean = std::log(mean);
  for (;; step += next_try) {
    const auto words = random.block(step, index);
    for (std::size_t pair = 0; pair < 4; pair += 2) {
      const double u = open_unit(words[pair]) - 0.5;
      const double v = open_unit(words[pair + 1]);
      const double us = 0.5 - std::abs(u);
      const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= quick) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      const double ratio = std::log(v * inverse_alpha / (a / (us * us) + b));
      if (ratio <= k * log_mean - mean - log_factorial(k)) return k;
    }
  }
}

}  // namespace

void blur(Image& picture, const Kernel& kernel, ThreadPool& pool) {
  const auto width = static_cast<std::size_t>(picture.width);
  const std::vector<float> padded(width + static_cast<std::size_t>(kernel.columns) - 1);
  std::vector<std::vector<float>> scratch(static_cast<std::size_t>(pool.size()), padded);
  for (int c = 0; c < picture.colour_channels(); ++c) {
    const std::span<float> plane = picture.plane(c);
    const Convolution convolution(kernel, {plane.begin(), plane.end()}, picture.width, picture.height);
    pool.run(picture.height, [&](int y, int worker) {
      convolution.row(y, scratch[static_cast<std::size_t>(worker)],
                      plane.subspan(width * static_cast<std::size_t>(y), width));
    });
  }
}

void add_photon_noise(Image& picture, double photons, const Philox& random) {
  for (int c = 0; c < picture.colour_channels(); ++c) {
    const std::span<float> plane = picture.plane(c);
    for (std::size_t i = 0; i < plane.size(); ++i) {
      if (!std::isfinite(plane[i])) continue;
      const double mean = std::max(0.0F, plane[i]) * photons;
      plane[i] = static_cast<float>(poisson(mean, random, static_cast<std::uint64_t>(c), i) / photons);
    }
  }
}

// Box and Muller: two random words give two normal numbers, the pairs of a block four.
void add_normal_noise(Image& picture, double sigma, const Philox& random) {
  for (int c = 0; c < picture.colour_channels(); ++c) {
    const std::span<float> plane = picture.plane(c);
    for (std::size_t block = 0; 4 * block < plane.size(); ++block) {
      const auto words = random.block(static_cast<std::uint64_t>(c), block);
      for (std::size_t i = 4 * block; i < std::min(4 * block + 4, plane.size()); ++i) {
        const std::size_t pair = i % 4 / 2 * 2;
        const double radius = std::sqrt(-2 * std::log(open_unit(words[pair])));
        const double angle = 2 * std::numbers::pi * open_unit(words[pair + 1]);
        plane[i] += static_cast<float>(sigma * radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle)));
      }
    }
  }
}

void compress(Image& picture, int quality) {
  if (std::max(picture.width, picture.height) > most_jpeg_side) {
    throw Error(fmt::format("--jpeg takes at most {} pixels a side but the picture is {}x{}; leave --jpeg out",
                            most_jpeg_side, picture.width, picture.height));
  }
  Image colours(picture.width, picture.height, picture.colour_channels());
  std::copy_n(picture.samples.begin(), colours.samples.size(), colours.samples.begin());
  const Image back = decode_jpeg(encode_jpeg(colours, {.quality = quality, .halve_chroma = true}));
  std::copy(back.samples.begin(), back.samples.end(), picture.samples.begin());
}

}  // namespace dipper
