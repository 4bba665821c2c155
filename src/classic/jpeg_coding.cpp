// SPDX-License-Identifier: Apache-2.0
#include "classic/jpeg_coding.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include "base/check.hpp"

namespace dipper {
namespace {

constexpr int side = 8;
using Block = std::array<float, 64>;

// The standard's tables (annex K), which most programs scale.
constexpr JpegCoding::Steps standard_luma{16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
                                          14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
                                          18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
                                          49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
constexpr JpegCoding::Steps standard_chroma{17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
                                            24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
                                            99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                                            99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

/// Of samples from 0 to 255; luma less 128, as JPEG codes it.
struct Plane {
  int height = 0;
  int width = 0;
  std::vector<float> values = std::vector<float>(static_cast<std::size_t>(height) * width);

  [[nodiscard]] std::size_t at(int i, int j) const { return static_cast<std::size_t>(i) * width + j; }
  /// Beyond the edges their pixels are repeated.
  [[nodiscard]] Block block(int top, int left) const {
    Block block;
    for (int i = 0; i < side; ++i) {
      const int row = std::clamp(top + i, 0, height - 1);
      for (int j = 0; j < side; ++j) block[side * i + j] = values[at(row, std::clamp(left + j, 0, width - 1))];
    }
    return block;
  }
  void set_block(int top, int left, const Block& block) {
    for (int i = std::max(0, -top); i < std::min(side, height - top); ++i) {
      for (int j = std::max(0, -left); j < std::min(side, width - left); ++j) {
        values[at(top + i, left + j)] = block[side * i + j];
      }
    }
  }
};

// Row u is the cosine of frequency u, of length 1.
const Block& cosines() {
  static const Block table = [] {
    Block t;
    for (int u = 0; u < side; ++u) {
      for (int x = 0; x < side; ++x) {
        const double cosine = std::cos((2 * x + 1) * u * std::numbers::pi / 16);
        t[side * u + x] = static_cast<float>((u == 0 ? std::numbers::sqrt2 / 4 : 0.5) * cosine);
      }
    }
    return t;
  }();
  return table;
}

Block transposed(const Block& a) {
  Block t;
  for (int i = 0; i < side; ++i) {
    for (int j = 0; j < side; ++j) t[side * j + i] = a[side * i + j];
  }
  return t;
}

Block product(const Block& a, const Block& b) {
  Block c{};
  for (int i = 0; i < side; ++i) {
    for (int k = 0; k < side; ++k) {
      for (int j = 0; j < side; ++j) c[side * i + j] += a[side * i + k] * b[side * k + j];
    }
  }
  return c;
}

Block coefficients(const Block& samples) {
  static const Block across = transposed(cosines());
  return product(product(cosines(), samples), across);
}

Block samples_of(const Block& coefficients) {
  static const Block down = transposed(cosines());
  return product(product(down, coefficients), cosines());
}

// Rounds the coefficients of blocks that begin so far above and to the left.
void round_blocks(Plane& plane, const JpegCoding::Steps& steps, int up, int left) {
  for (int i = -(up % side); i < plane.height; i += side) {
    for (int j = -(left % side); j < plane.width; j += side) {
      Block c = coefficients(plane.block(i, j));
      for (std::size_t k = 0; k < c.size(); ++k) c[k] = std::round(c[k] / steps[k]) * steps[k];
      plane.set_block(i, j, samples_of(c));
    }
  }
}

void clamp_blocks(Plane& plane, const Plane& decoded, const JpegCoding::Steps& steps, float most) {
  for (int i = 0; i < plane.height; i += side) {
    for (int j = 0; j < plane.width; j += side) {
      Block c = coefficients(plane.block(i, j));
      const Block middle = coefficients(decoded.block(i, j));
      for (std::size_t k = 0; k < c.size(); ++k) {
        c[k] = std::clamp(c[k], middle[k] - most * steps[k], middle[k] + most * steps[k]);
      }
      plane.set_block(i, j, samples_of(c));
    }
  }
}

// Means of 2x2 pixels, the first of which begin so far above and to the left.
Plane halved(const Plane& plane, int up, int left) {
  Plane half{(plane.height + up + 1) / 2, (plane.width + left + 1) / 2};
  for (int i = 0; i < half.height; ++i) {
    for (int j = 0; j < half.width; ++j) {
      float sum = 0;
      for (int k = 0; k < 4; ++k) {
        const int row = std::clamp(2 * i - up + k / 2, 0, plane.height - 1);
        sum += plane.values[plane.at(row, std::clamp(2 * j - left + k % 2, 0, plane.width - 1))];
      }
      half.values[half.at(i, j)] = sum / 4;
    }
  }
  return half;
}

// And back, as libjpeg does: a pixel is 3/4 of its own mean and 1/4 of the nearest beside it, along each axis.
Plane doubled(const Plane& half, int height, int width, int up, int left) {
  Plane plane{height, width};
  for (int i = 0; i < height; ++i) {
    const int row = (i + up) / 2;
    const int beside = std::clamp((i + up) % 2 == 0 ? row - 1 : row + 1, 0, half.height - 1);
    for (int j = 0; j < width; ++j) {
      const int column = (j + left) / 2;
      const int next = std::clamp((j + left) % 2 == 0 ? column - 1 : column + 1, 0, half.width - 1);
      const float near = 0.75F * half.values[half.at(row, column)] + 0.25F * half.values[half.at(row, next)];
      const float far = 0.75F * half.values[half.at(beside, column)] + 0.25F * half.values[half.at(beside, next)];
      plane.values[plane.at(i, j)] = 0.75F * near + 0.25F * far;
    }
  }
  return plane;
}

/// Luma, and the differences of blue and red from it where there are colours.
std::vector<Plane> planes_of(const Image& picture) {
  std::vector<Plane> planes(picture.colour_channels(), Plane{picture.height, picture.width});
  for (std::size_t i = 0; i < picture.plane_size(); ++i) {
    const float red = 255 * picture.plane(0)[i];
    if (planes.size() < 3) {
      planes[0].values[i] = red - 128;
      continue;
    }
    const float green = 255 * picture.plane(1)[i];
    const float blue = 255 * picture.plane(2)[i];
    const float luma = 0.299F * red + 0.587F * green + 0.114F * blue;
    planes[0].values[i] = luma - 128;
    planes[1].values[i] = (blue - luma) / 1.772F;
    planes[2].values[i] = (red - luma) / 1.402F;
  }
  return planes;
}

void set_colours(Image& picture, const std::vector<Plane>& planes) {
  const auto set = [&](int c, std::size_t i, float sample) {
    picture.plane(c)[i] = std::clamp(sample / 255, 0.0F, 1.0F);
  };
  for (std::size_t i = 0; i < picture.plane_size(); ++i) {
    const float luma = planes[0].values[i] + 128;
    if (planes.size() < 3) {
      set(0, i, luma);
      continue;
    }
    const float blue = luma + 1.772F * planes[1].values[i];
    const float red = luma + 1.402F * planes[2].values[i];
    set(0, i, red);
    set(1, i, (luma - 0.299F * red - 0.114F * blue) / 0.587F);
    set(2, i, blue);
  }
}

// What a step would have to be for these coefficients, none of which was rounded to 0: the step whose multiples they
// are near to, by likelihood. Samples were rounded once more when they were decoded.
int likeliest_step(const std::vector<float>& sizes) {
  constexpr double deviation = 0.5;
  constexpr double outlier = 4.5;  // no further from it counts for more
  int best = 1;
  double best_score = -1e300;
  const int largest = std::min(255, static_cast<int>(*std::ranges::max_element(sizes)) + 1);
  for (int step = 1; step <= largest; ++step) {
    double score = 0;
    for (const float size : sizes) {
      const double distance = double{size} - step * std::max(1.0, std::round(size / static_cast<double>(step)));
      score += std::log(step) - std::min(outlier, distance * distance / (2 * deviation * deviation));
    }
    if (score <= best_score) continue;
    best_score = score;
    best = step;
  }
  return best;
}

// Whether no sample of it was clipped when it was decoded.
bool is_whole(const Image& picture, int top, int left) {
  for (int c = 0; c < picture.colour_channels(); ++c) {
    for (int i = top; i < top + side; ++i) {
      const std::span<const float> row =
          picture.plane(c).subspan(static_cast<std::size_t>(i) * picture.width + left, side);
      if (!std::ranges::all_of(row, [](float sample) { return sample > 0 && sample < 1; })) return false;
    }
  }
  return true;
}

// 0 where too few coefficients are left to tell.
JpegCoding::Steps steps_seen(const Image& picture, const Plane& luma) {
  constexpr float least_size = 1.5;
  constexpr std::size_t fewest = 20;
  constexpr std::size_t most = 2000;
  std::array<std::vector<float>, 64> sizes;
  for (int i = 0; i + side <= luma.height; i += side) {
    for (int j = 0; j + side <= luma.width; j += side) {
      if (!is_whole(picture, i, j)) continue;
      const Block c = coefficients(luma.block(i, j));
      for (std::size_t k = 0; k < c.size(); ++k) {
        if (std::abs(c[k]) >= least_size && sizes[k].size() < most) sizes[k].push_back(std::abs(c[k]));
      }
    }
  }
  JpegCoding::Steps steps{};
  for (std::size_t k = 0; k < steps.size(); ++k) {
    if (sizes[k].size() >= fewest) steps[k] = static_cast<float>(likeliest_step(sizes[k]));
  }
  return steps;
}

// As libjpeg scales a table.
JpegCoding::Steps scaled(const JpegCoding::Steps& standard, float scale) {
  JpegCoding::Steps steps;
  for (std::size_t k = 0; k < steps.size(); ++k)
    steps[k] = std::clamp(std::floor(standard[k] * scale + 0.5F), 1.0F, 255.0F);
  return steps;
}

// Whether a plane has nothing finer than pairs of pixels.
bool was_halved(const Plane& plane) {
  const Plane again = doubled(halved(plane, 0, 0), plane.height, plane.width, 0, 0);
  double lost = 0;
  double all = 0;
  for (std::size_t i = 0; i < plane.values.size(); ++i) {
    lost += std::pow(again.values[i] - plane.values[i], 2);
    all += std::pow(plane.values[i], 2);
  }
  constexpr double rounding = 1;  // of samples, and what the halves lose at edges
  return lost <= rounding * static_cast<double>(plane.values.size()) + 0.002 * all;
}

}  // namespace

double JpegCoding::coarseness() const {
  double sum = 0;
  for (const int k : {0, 1, 2, 8, 9, 10, 16, 17, 18}) sum += luma[k];
  return sum / 9;
}

std::optional<JpegCoding> find_jpeg_coding(const Image& picture) {
  constexpr float least_scale = 0.11F;  // of quality 95 or so
  const std::vector<Plane> planes = planes_of(picture);
  const JpegCoding::Steps seen = steps_seen(picture, planes[0]);
  std::vector<float> scales;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    if (seen[k] > 0) scales.push_back(seen[k] / standard_luma[k]);
  }
  constexpr std::size_t fewest = 4;  // frequencies; a flat picture has one, whose step may be any
  if (scales.size() < fewest) return std::nullopt;
  const auto middle = scales.begin() + static_cast<std::ptrdiff_t>(scales.size() / 2);
  std::ranges::nth_element(scales, middle);
  if (*middle < least_scale) return std::nullopt;
  JpegCoding coding{scaled(standard_luma, *middle), scaled(standard_chroma, *middle)};
  for (std::size_t k = 0; k < seen.size(); ++k) {
    const bool likely = seen[k] > 0.3F * coding.luma[k] && seen[k] < 3 * coding.luma[k];
    if (likely) coding.luma[k] = seen[k];
  }
  coding.halved_chroma = planes.size() == 3 && was_halved(planes[1]) && was_halved(planes[2]);
  return coding;
}

Image code_again(const Image& picture, const JpegCoding& coding, int up, int left) {
  DIPPER_CHECK(up >= 0 && left >= 0);
  Image again = picture;
  std::vector<Plane> planes = planes_of(picture);
  round_blocks(planes[0], coding.luma, up, left);
  for (std::size_t c = 1; c < planes.size(); ++c) {
    if (!coding.halved_chroma) {
      round_blocks(planes[c], coding.chroma, up, left);
      continue;
    }
    // Blocks of halved planes cover 16x16 pixels; an odd shift moves the pairs, an even one the blocks.
    Plane half = halved(planes[c], up % 2, left % 2);
    round_blocks(half, coding.chroma, up / 2, left / 2);
    planes[c] = doubled(half, picture.height, picture.width, up % 2, left % 2);
  }
  set_colours(again, planes);
  return again;
}

Image near_coefficients(const Image& picture, const Image& decoded, const JpegCoding& coding, double most) {
  DIPPER_CHECK_EQ(picture.colours().size(), decoded.colours().size());
  const auto reach = static_cast<float>(most);
  Image near = picture;
  std::vector<Plane> planes = planes_of(picture);
  const std::vector<Plane> middle = planes_of(decoded);
  clamp_blocks(planes[0], middle[0], coding.luma, reach);
  for (std::size_t c = 1; c < planes.size(); ++c) {
    if (!coding.halved_chroma) {
      clamp_blocks(planes[c], middle[c], coding.chroma, reach);
      continue;
    }
    const Plane before = halved(planes[c], 0, 0);
    Plane half = before;
    clamp_blocks(half, halved(middle[c], 0, 0), coding.chroma, reach);
    for (std::size_t i = 0; i < half.values.size(); ++i) half.values[i] -= before.values[i];
    const Plane moved = doubled(half, picture.height, picture.width, 0, 0);
    for (std::size_t i = 0; i < moved.values.size(); ++i) planes[c].values[i] += moved.values[i];
  }
  set_colours(near, planes);
  return near;
}

}  // namespace dipper
