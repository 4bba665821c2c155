// SPDX-License-Identifier: Apache-2.0
#include "classic/jpeg_coding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "base/check.hpp"
#include "classic/jpeg_blocks.hpp"

namespace dipper {
namespace {

constexpr int side = JpegGrid::side;

// The standard's tables (annex K), which most programs scale.
constexpr JpegCoding::Steps standard_luma{16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
                                          14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
                                          18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
                                          49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
constexpr JpegCoding::Steps standard_chroma{17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
                                            24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
                                            99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                                            99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

void round_blocks(JpegPlane& plane, const JpegCoding::Steps& steps, const JpegGrid& grid) {
  for (int i = -grid.up; i < plane.height; i += side) {
    for (int j = -grid.left; j < plane.width; j += side) {
      JpegBlock c = coefficients_of(plane.block(i, j));
      for (std::size_t k = 0; k < c.size(); ++k) c[k] = std::round(c[k] / steps[k]) * steps[k];
      plane.set_block(i, j, samples_of(c));
    }
  }
}

// Of blocks that were cut nobody knows what the rest of them was.
void clamp_blocks(JpegPlane& plane, const JpegPlane& decoded, const JpegCoding::Steps& steps, float most,
                  const JpegGrid& grid, bool were_cut) {
  for (int i = -grid.up; i < plane.height; i += side) {
    for (int j = -grid.left; j < plane.width; j += side) {
      if (were_cut && (i < 0 || j < 0 || i + side > plane.height || j + side > plane.width)) continue;
      JpegBlock c = coefficients_of(plane.block(i, j));
      const JpegBlock middle = coefficients_of(decoded.block(i, j));
      for (std::size_t k = 0; k < c.size(); ++k) {
        c[k] = std::clamp(c[k], middle[k] - most * steps[k], middle[k] + most * steps[k]);
      }
      plane.set_block(i, j, samples_of(c));
    }
  }
}

/// Luma, and the differences of blue and red from it where there are colours.
std::vector<JpegPlane> planes_of(const Image& picture) {
  std::vector<JpegPlane> planes(picture.colour_channels(), JpegPlane{picture.height, picture.width});
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

void set_colours(Image& picture, const std::vector<JpegPlane>& planes) {
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
// are near to, by likelihood, and 1 where there is none; 0 where they are too few to tell. Samples were rounded once
// more when they were decoded.
int likeliest_step(const std::vector<float>& sizes) {
  constexpr std::size_t enough = 20;
  constexpr double sure = 12;  // log of how much likelier it makes them: then fewer are enough
  constexpr double deviation = 0.5;
  constexpr double outlier = -4.5;  // what is near to no multiple may be anything, and counts so whatever the step
  int best = 1;
  double best_score = -1e300;
  const int largest = sizes.empty() ? 0 : std::min(255, static_cast<int>(*std::ranges::max_element(sizes)) + 1);
  for (int step = 1; step <= largest; ++step) {
    double score = 0;
    for (const float size : sizes) {
      const double distance = double{size} - step * std::max(1.0, std::round(size / static_cast<double>(step)));
      score += std::max(outlier, std::log(step) - distance * distance / (2 * deviation * deviation));
    }
    if (score <= best_score) continue;
    best_score = score;
    best = step;
  }
  return sizes.size() >= enough || best_score >= sure ? best : 0;
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

// The mean of what `measure` makes of the coefficients of whole blocks that lie like that; 0 where there are none.
template <class Measure>
double mean_of_blocks(const JpegPlane& plane, const JpegGrid& grid, const Measure& measure) {
  constexpr int enough = 1000;  // blocks, spread over the plane
  const int top = grid.first_row();
  const int from_left = grid.first_column();
  const int rows = std::max(0, plane.height - top) / side;
  const int columns = std::max(0, plane.width - from_left) / side;
  const int every = std::max(1, rows * columns / enough);
  double sum = 0;
  int blocks = 0;
  for (int n = 0; n < rows * columns; n += every) {
    sum += measure(coefficients_of(plane.block(top + side * (n / columns), from_left + side * (n % columns))));
    ++blocks;
  }
  return blocks > 0 ? sum / blocks : 0;
}

// How many coefficients are 0 but for the rounding of samples.
double count_gone(const JpegBlock& c) {
  constexpr float rounding = 1;
  return static_cast<double>(std::ranges::count_if(c, [](float size) { return std::abs(size) < rounding; }));
}

// How much there is but the mean. What few coefficients drew takes more of them in other blocks.
double sum_of_sizes(const JpegBlock& c) {
  double sum = 0;
  for (const float size : std::span(c).subspan(1)) sum += std::abs(size);
  return sum;
}

// Where the blocks of luma lie: as JPEG leaves them, unless other places are better.
JpegGrid grid_of(const JpegPlane& luma) {
  JpegGrid best;
  double most = mean_of_blocks(luma, best, count_gone);
  for (int up = 0; up < side; ++up) {
    for (int left = 0; left < side; ++left) {
      const double gone = mean_of_blocks(luma, {up, left}, count_gone);
      if (gone <= most) continue;
      most = gone;
      best = {up, left};
    }
  }
  return best;
}

// 0 where too few coefficients are left to tell.
JpegCoding::Steps steps_seen(const Image& picture, const JpegPlane& luma, const JpegGrid& grid) {
  constexpr float least_size = 1.5;
  constexpr std::size_t most = 2000;
  std::array<std::vector<float>, 64> sizes;
  for (int i = grid.first_row(); i + side <= luma.height; i += side) {
    for (int j = grid.first_column(); j + side <= luma.width; j += side) {
      if (!is_whole(picture, i, j)) continue;
      const JpegBlock c = coefficients_of(luma.block(i, j));
      for (std::size_t k = 0; k < c.size(); ++k) {
        if (std::abs(c[k]) >= least_size && sizes[k].size() < most) sizes[k].push_back(std::abs(c[k]));
      }
    }
  }
  JpegCoding::Steps steps{};
  std::ranges::transform(sizes, steps.begin(), likeliest_step);
  return steps;
}

// As libjpeg scales a table.
JpegCoding::Steps scaled(const JpegCoding::Steps& standard, float scale) {
  JpegCoding::Steps steps;
  for (std::size_t k = 0; k < steps.size(); ++k)
    steps[k] = std::clamp(std::floor(standard[k] * scale + 0.5F), 1.0F, 255.0F);
  return steps;
}

// Whether a plane has nothing finer than pairs of pixels, which blocks that lie like that are made of.
bool was_halved(const JpegPlane& plane, const JpegGrid& grid) {
  const int up = grid.up % 2;
  const int left = grid.left % 2;
  const JpegPlane again = doubled(halved(plane, up, left), plane.height, plane.width, up, left);
  double lost = 0;
  double all = 0;
  double count = 0;
  for (int i = 2; i < plane.height - 2; ++i) {  // pairs at the border may have been cut
    for (int j = 2; j < plane.width - 2; ++j) {
      const std::size_t at = plane.at(i, j);
      lost += std::pow(again.values[at] - plane.values[at], 2);
      all += std::pow(plane.values[at], 2);
      ++count;
    }
  }
  constexpr double rounding = 1;  // of samples, and what the halves lose at edges
  return lost <= rounding * count + 0.002 * all;
}

// Of a halved plane, whose pixels are pairs of the picture's.
JpegGrid halved_grid(int up, int left) {
  return {up / 2 % side, left / 2 % side};
}

// A block of halved chroma covers four of luma: moves the first block to where it begins with one of both.
void find_halved_blocks(const std::vector<JpegPlane>& planes, JpegCoding& coding) {
  const JpegGrid luma{coding.up, coding.left};
  const std::array chroma{halved(planes[1], luma.up % 2, luma.left % 2), halved(planes[2], luma.up % 2, luma.left % 2)};
  double least = std::numeric_limits<double>::infinity();
  for (const int up : {luma.up, luma.up + side}) {
    for (const int left : {luma.left, luma.left + side}) {
      double sum = 0;
      for (const JpegPlane& plane : chroma) sum += mean_of_blocks(plane, halved_grid(up, left), sum_of_sizes);
      if (sum >= least) continue;
      least = sum;
      coding.up = up;
      coding.left = left;
    }
  }
}

}  // namespace

double JpegCoding::coarseness() const {
  double sum = 0;
  for (const int k : {0, 1, 2, 8, 9, 10, 16, 17, 18}) sum += luma[k];
  return sum / 9;
}

std::optional<JpegCoding> find_jpeg_coding(const Image& picture) {
  constexpr float least_scale = 0.15F;  // of quality 92 or so; less is easily seen where nothing was coded
  const std::vector<JpegPlane> planes = planes_of(picture);
  const JpegGrid grid = grid_of(planes[0]);
  const JpegCoding::Steps seen = steps_seen(picture, planes[0], grid);
  std::vector<float> scales;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    if (seen[k] > 0) scales.push_back(seen[k] / standard_luma[k]);
  }
  constexpr std::size_t fewest = 2;  // frequencies; a flat picture has one, whose step may be any
  if (scales.size() < fewest) return std::nullopt;
  const auto middle = scales.begin() + static_cast<std::ptrdiff_t>(scales.size() / 2);
  std::ranges::nth_element(scales, middle);
  if (*middle < least_scale) return std::nullopt;
  JpegCoding coding{.luma = scaled(standard_luma, *middle),
                    .chroma = scaled(standard_chroma, *middle),
                    .up = grid.up,
                    .left = grid.left};
  for (std::size_t k = 0; k < seen.size(); ++k) {
    const bool likely = seen[k] > 0.3F * coding.luma[k] && seen[k] < 3 * coding.luma[k];
    if (likely) coding.luma[k] = seen[k];
  }
  coding.halved_chroma = planes.size() == 3 && was_halved(planes[1], grid) && was_halved(planes[2], grid);
  if (coding.halved_chroma) find_halved_blocks(planes, coding);
  return coding;
}

Image code_again(const Image& picture, const JpegCoding& coding, int up, int left) {
  DIPPER_CHECK(up >= 0 && left >= 0);
  Image again = picture;
  std::vector<JpegPlane> planes = planes_of(picture);
  const JpegGrid grid{up % side, left % side};
  round_blocks(planes[0], coding.luma, grid);
  for (std::size_t c = 1; c < planes.size(); ++c) {
    if (!coding.halved_chroma) {
      round_blocks(planes[c], coding.chroma, grid);
      continue;
    }
    // Blocks of halved planes cover 16x16 pixels; an odd shift moves the pairs, an even one the blocks.
    JpegPlane half = halved(planes[c], up % 2, left % 2);
    round_blocks(half, coding.chroma, halved_grid(up, left));
    planes[c] = doubled(half, picture.height, picture.width, up % 2, left % 2);
  }
  set_colours(again, planes);
  return again;
}

Image near_coefficients(const Image& picture, const Image& decoded, const JpegCoding& coding, double most) {
  DIPPER_CHECK_EQ(picture.colours().size(), decoded.colours().size());
  const auto reach = static_cast<float>(most);
  Image near = picture;
  std::vector<JpegPlane> planes = planes_of(picture);
  const std::vector<JpegPlane> middle = planes_of(decoded);
  const JpegGrid grid{coding.up % side, coding.left % side};
  const JpegGrid pairs{coding.up % 2, coding.left % 2};
  const auto clamp = [&](JpegPlane& plane, const JpegPlane& to, const JpegCoding::Steps& steps,
                         const JpegGrid& blocks) { clamp_blocks(plane, to, steps, reach, blocks, coding.was_cut()); };
  clamp(planes[0], middle[0], coding.luma, grid);
  for (std::size_t c = 1; c < planes.size(); ++c) {
    if (!coding.halved_chroma) {
      clamp(planes[c], middle[c], coding.chroma, grid);
      continue;
    }
    const JpegPlane before = halved(planes[c], pairs.up, pairs.left);
    JpegPlane half = before;
    clamp(half, halved(middle[c], pairs.up, pairs.left), coding.chroma, halved_grid(coding.up, coding.left));
    for (std::size_t i = 0; i < half.values.size(); ++i) half.values[i] -= before.values[i];
    const JpegPlane moved = doubled(half, picture.height, picture.width, pairs.up, pairs.left);
    for (std::size_t i = 0; i < moved.values.size(); ++i) planes[c].values[i] += moved.values[i];
  }
  set_colours(near, planes);
  return near;
}

}  // namespace dipper
