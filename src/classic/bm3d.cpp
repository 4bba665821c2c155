// SPDX-License-Identifier: Apache-2.0
#include "classic/bm3d.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <tuple>
#include <vector>

#include "base/check.hpp"
#include "base/reflect.hpp"
#include "base/thread_pool.hpp"
#include "image/noise.hpp"

namespace dipper {
namespace {

constexpr int side = 8;  // of a block, in pixels
constexpr int area = side * side;
constexpr int stride = 3;                // from one reference block to the next
constexpr int radius = 19;               // how far similar blocks are looked for
constexpr int rows_in_band = 16;         // of reference blocks
constexpr double share_of_first = 0.45;  // of the time, that the first of two passes takes
// Bands two apart write into rows that do not overlap.
static_assert(rows_in_band * stride >= 2 * radius + side);

using Block = std::array<float, area>;

/// Planes of one size: the colours, or what is summed up for them.
struct Planes {
  int width = 0;
  int height = 0;
  int count = 0;
  std::vector<float> values{};  // [plane][row][column]

  Planes(int columns, int rows, int planes)
      : width(columns), height(rows), count(planes), values(size() * static_cast<std::size_t>(planes)) {}
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(height); }
  [[nodiscard]] std::size_t at(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column);
  }
  [[nodiscard]] float* plane(int c) { return values.data() + static_cast<std::size_t>(c) * size(); }
  [[nodiscard]] const float* plane(int c) const { return values.data() + static_cast<std::size_t>(c) * size(); }
};

/// The rotation of colours to luminance and two differences, and back. It leaves the noise as it is: independent, of
/// the same deviation. A single plane stays.
constexpr float r2 = std::numbers::sqrt2_v<float>;
constexpr float r3 = std::numbers::sqrt3_v<float>;
constexpr float opponents[3][3] = {
    {1 / r3, 1 / r3, 1 / r3}, {1 / r2, 0, -1 / r2}, {1 / (r2 * r3), -2 / (r2 * r3), 1 / (r2 * r3)}};

void rotate(Planes& x, bool back) {
  if (x.count != 3) return;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float old[3] = {x.plane(0)[i], x.plane(1)[i], x.plane(2)[i]};
    for (int c = 0; c < 3; ++c) {
      float sum = 0;
      for (int k = 0; k < 3; ++k) sum += (back ? opponents[k][c] : opponents[c][k]) * old[k];
      x.plane(c)[i] = sum;
    }
  }
}

/// The orthonormal cosine transform of a block, and back.
class Cosines {
 public:
  Cosines() {
    for (int k = 0; k < side; ++k) {
      for (int n = 0; n < side; ++n) {
        const double scale = std::sqrt((k == 0 ? 1.0 : 2.0) / side);
        const double value = scale * std::cos(std::numbers::pi * (n + 0.5) * k / side);
        forward_[k * side + n] = static_cast<float>(value);
        back_[n * side + k] = static_cast<float>(value);
      }
    }
  }
  void transform(Block& x) const { apply(forward_, back_, x); }
  void restore(Block& x) const { apply(back_, forward_, x); }

 private:
  // x := a x b, by rows of b and of x, so that the inner loops run along rows.
  static void apply(const Block& a, const Block& b, Block& x) {
    Block half{};
    multiply(x, b, half);
    multiply(a, half, x);
  }
  static void multiply(const Block& a, const Block& b, Block& product) {
    for (int i = 0; i < side; ++i) {
      float row[side] = {};
      for (int k = 0; k < side; ++k) {
        const float factor = a[i * side + k];
        for (int j = 0; j < side; ++j) row[j] += factor * b[k * side + j];
      }
      std::copy_n(row, side, product.begin() + i * side);
    }
  }

  Block forward_{};
  Block back_{};
};

/// The orthonormal Walsh-Hadamard transform across the blocks of a group, whose number is a power of two; its own
/// inverse.
void hadamard(std::span<Block> group) {
  for (std::size_t step = 1; step < group.size(); step *= 2) {
    for (std::size_t first = 0; first < group.size(); first += 2 * step) {
      for (std::size_t n = first; n < first + step; ++n) {
        for (std::size_t i = 0; i < area; ++i) {
          const float a = group[n][i];
          const float b = group[n + step][i];
          group[n][i] = a + b;
          group[n + step][i] = a - b;
        }
      }
    }
  }
  const float scale = 1 / std::sqrt(static_cast<float>(group.size()));
  for (Block& block : group) {
    for (float& value : block) value *= scale;
  }
}

/// The window by which a block counts less towards its edge: Kaiser's with beta 2.
Block kaiser() {
  constexpr double beta = 2;
  Block window{};
  const auto one = [](int n) {
    const double t = 2.0 * n / (side - 1) - 1;
    return std::cyl_bessel_i(0.0, beta * std::sqrt(std::max(0.0, 1 - t * t))) / std::cyl_bessel_i(0.0, beta);
  };
  for (int i = 0; i < side; ++i) {
    for (int j = 0; j < side; ++j) window[i * side + j] = static_cast<float>(one(i) * one(j));
  }
  return window;
}

struct Match {
  float distance;  // sum of squares
  int row;
  int column;
  bool operator<(const Match& other) const {
    return std::tie(distance, row, column) < std::tie(other.distance, other.row, other.column);
  }
};

/// One of the method's two passes: what it looks in, and how it filters.
struct Pass {
  const Planes& noisy;
  const Planes* basic;  // the first pass's result, which the second looks in and filters by; null in the first
  float sigma;
  std::size_t most;  // blocks in a group, a power of two
  float threshold;   // of a block's mean square distance
  [[nodiscard]] const Planes& guide() const { return basic != nullptr ? *basic : noisy; }
};

/// What a thread needs while it filters.
struct Scratch {
  std::vector<Match> matches{};
  std::vector<Block> group{};
  std::vector<Block> guide{};
};

class Filter {
 public:
  Filter(const Pass& pass, Planes& sums, Planes& weights) : pass_(pass), sums_(sums), weights_(weights) {}

  /// Filters the group of the block at (row, column), and adds it to the sums.
  void filter(int row, int column, Scratch& scratch) const {
    find(row, column, scratch.matches);
    scratch.group.resize(scratch.matches.size());
    scratch.guide.resize(scratch.matches.size());
    for (int c = 0; c < pass_.noisy.count; ++c) {
      gather(pass_.noisy, c, scratch.matches, scratch.group);
      float weight = 0;
      if (pass_.basic == nullptr) {
        weight = cut(scratch.group);
      } else {
        gather(*pass_.basic, c, scratch.matches, scratch.guide);
        weight = shrink(scratch.group, scratch.guide);
      }
      hadamard(scratch.group);
      for (Block& block : scratch.group) cosines_.restore(block);
      scatter(c, scratch.matches, scratch.group, weight);
    }
  }

 private:
  // The most similar blocks, as many as a power of two; the block itself is one.
  void find(int row, int column, std::vector<Match>& matches) const {
    matches.clear();
    const Planes& guide = pass_.guide();
    const float* x = guide.plane(0);
    const float most = pass_.threshold * area;
    for (int i = std::max(0, row - radius); i <= std::min(guide.height - side, row + radius); ++i) {
      for (int j = std::max(0, column - radius); j <= std::min(guide.width - side, column + radius); ++j) {
        const float distance = i == row && j == column ? -1 : distance_of(x, guide, row, column, i, j);
        if (distance < most) matches.push_back({distance, i, j});
      }
    }
    std::size_t count = 1;
    while (2 * count <= std::min(pass_.most, matches.size())) count *= 2;
    std::partial_sort(matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(count), matches.end());
    matches.resize(count);
  }

  static float distance_of(const float* x, const Planes& planes, int row, int column, int i, int j) {
    float sums[side] = {};
    for (int k = 0; k < side; ++k) {
      const float* a = x + planes.at(row + k, column);
      const float* b = x + planes.at(i + k, j);
      for (int n = 0; n < side; ++n) sums[n] += (a[n] - b[n]) * (a[n] - b[n]);
    }
    float sum = 0;
    for (const float part : sums) sum += part;
    return sum;
  }

  void gather(const Planes& from, int c, std::span<const Match> matches, std::span<Block> group) const {
    for (std::size_t n = 0; n < matches.size(); ++n) {
      for (int k = 0; k < side; ++k) {
        std::copy_n(from.plane(c) + from.at(matches[n].row + k, matches[n].column), side, group[n].begin() + k * side);
      }
      cosines_.transform(group[n]);
    }
    hadamard(group);
  }

  // Drops what noise alone may have made. Returns the group's weight, which falls with the noise that is left.
  [[nodiscard]] float cut(std::span<Block> group) const {
    constexpr float lambda = 2.7F;
    const float mean = group[0][0];
    int kept = 0;
    for (Block& block : group) {
      for (float& value : block) {
        if (std::abs(value) < lambda * pass_.sigma) {
          value = 0;
        } else {
          ++kept;
        }
      }
    }
    group[0][0] = mean;
    return 1 / static_cast<float>(std::max(kept, 1));
  }

  // Wiener's filter, as if the basic estimate were the truth.
  [[nodiscard]] float shrink(std::span<Block> group, std::span<const Block> guide) const {
    float sum = 0;
    for (std::size_t n = 0; n < group.size(); ++n) {
      for (std::size_t i = 0; i < area; ++i) {
        const float power = guide[n][i] * guide[n][i];
        const float gain = power / (power + pass_.sigma * pass_.sigma);
        group[n][i] *= gain;
        sum += gain * gain;
      }
    }
    return 1 / std::max(sum, 1e-6F);
  }

  void scatter(int c, std::span<const Match> matches, std::span<const Block> group, float weight) const {
    for (std::size_t n = 0; n < matches.size(); ++n) {
      for (int k = 0; k < side; ++k) {
        const std::size_t at = sums_.at(matches[n].row + k, matches[n].column);
        const int first = k * side;
        for (int j = 0; j < side; ++j) {
          const float share = weight * window_[first + j];
          sums_.plane(c)[at + j] += share * group[n][first + j];
          weights_.plane(c)[at + j] += share;
        }
      }
    }
  }

  Pass pass_;
  Planes& sums_;
  Planes& weights_;
  Cosines cosines_;
  Block window_ = kaiser();
};

// Where reference blocks begin along one side: every few pixels, and at its end.
std::vector<int> starts(int length) {
  std::vector<int> places;
  for (int i = 0; i < length - side; i += stride) places.push_back(i);
  places.push_back(length - side);
  return places;
}

Planes run(const Pass& pass, ThreadPool& pool, Patience& patience) {
  const Planes& noisy = pass.noisy;
  Planes sums(noisy.width, noisy.height, noisy.count);
  Planes weights(noisy.width, noisy.height, noisy.count);
  const Filter filter(pass, sums, weights);
  const std::vector<int> rows = starts(noisy.height);
  const std::vector<int> columns = starts(noisy.width);
  const int count = static_cast<int>(rows.size());
  const int bands = (count + rows_in_band - 1) / rows_in_band;
  std::vector<Scratch> scratch(static_cast<std::size_t>(pool.size()));
  PatientWork work(patience, rows.size());
  // Every other band, and then those between: all sums are made in the same order, whatever the number of threads.
  for (const int parity : {0, 1}) {
    pool.run((bands + 1 - parity) / 2, [&](int number, int worker) {
      const int first = (2 * number + parity) * rows_in_band;
      for (int n = first; n < std::min(count, first + rows_in_band); ++n) {
        for (const int column : columns) {
          filter.filter(rows[static_cast<std::size_t>(n)], column, scratch[static_cast<std::size_t>(worker)]);
        }
        if (!work.go_on(worker)) return;
      }
    });
    work.finish();
  }
  for (std::size_t i = 0; i < sums.values.size(); ++i) sums.values[i] /= weights.values[i];
  return sums;
}

// The picture's colours, mirrored where it is smaller than a block.
Planes planes_of(const Image& picture) {
  Planes planes(std::max(side, picture.width), std::max(side, picture.height), picture.colour_channels());
  for (int c = 0; c < planes.count; ++c) {
    for (int i = 0; i < planes.height; ++i) {
      const int row = reflected_index(i, picture.height);
      for (int j = 0; j < planes.width; ++j) {
        const int column = reflected_index(j, picture.width);
        planes.plane(c)[planes.at(i, j)] =
            picture.plane(c)[static_cast<std::size_t>(row) * static_cast<std::size_t>(picture.width) +
                             static_cast<std::size_t>(column)];
      }
    }
  }
  return planes;
}

// The published mean square distances are those of gray values up to 255. The luminance of three rotated colours is the
// square root of 3 times their mean.
float threshold(const Planes& planes, double published) {
  return static_cast<float>(planes.count * published / (255 * 255));
}

}  // namespace

Image denoise_bm3d(const Image& picture, double sigma, int threads, Patience& patience) {
  DIPPER_CHECK(sigma >= 0);
  if (is_lost_in_rounding(picture.colours(), sigma)) return picture;  // its square would be lost as well
  ThreadPool pool(threads);
  Planes noisy = planes_of(picture);
  rotate(noisy, false);
  const auto deviation = static_cast<float>(sigma);
  PartOf first(patience, 0, share_of_first);
  PartOf second(patience, share_of_first, 1 - share_of_first);
  const float alike = threshold(noisy, sigma > 40.0 / 255 ? 5000 : 2500);
  const Planes basic = run({noisy, nullptr, deviation, 16, alike}, pool, first);
  Planes clean = run({noisy, &basic, deviation, 32, threshold(noisy, 400)}, pool, second);
  rotate(clean, true);
  Image result = picture;
  for (int c = 0; c < clean.count; ++c) {
    for (int i = 0; i < picture.height; ++i) {
      std::copy_n(clean.plane(c) + clean.at(i, 0), picture.width,
                  result.plane(c).begin() + static_cast<std::ptrdiff_t>(i) * picture.width);
    }
  }
  return result;
}

}  // namespace dipper
