// SPDX-License-Identifier: Apache-2.0
#include "classic/guided.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <vector>

#include "base/check.hpp"
#include "base/thread_pool.hpp"
#include "classic/bm3d.hpp"
#include "classic/window_sums.hpp"

namespace dipper {
namespace {

constexpr std::array<int, 5> radii{1, 2, 4, 8, 16};
constexpr int tile_side = 128;

// Colours of the guide; a gray one is taken thrice.
constexpr int colours = 3;

// Variance of the guide that is not followed: of its own noise, some 2.5 levels of 255.
constexpr double slack = 1e-4;

// What no squared error falls below.
constexpr double least_risk = 1e-8;

using Vector = std::array<double, colours>;

// A symmetric matrix: 00 01 02 11 12 22.
using Matrix = std::array<double, 6>;

Matrix inverse(const Matrix& m) {
  const auto& [a, b, c, d, e, f] = m;
  const Matrix adjugate{d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b};
  const double determinant = a * adjugate[0] + b * adjugate[1] + c * adjugate[2];
  Matrix result;
  std::ranges::transform(adjugate, result.begin(), [&](double x) { return x / determinant; });
  return result;
}

Vector product(const Matrix& m, const Vector& v) {
  return {m[0] * v[0] + m[1] * v[1] + m[2] * v[2], m[1] * v[0] + m[3] * v[1] + m[4] * v[2],
          m[2] * v[0] + m[4] * v[1] + m[5] * v[2]};
}

double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

struct Area {
  int top;
  int left;
  int height;
  int width;
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(height) * width; }
};

// Where pixel i of an area lies in a picture.
std::size_t pixel_of(const Area& area, std::size_t i, int width) {
  const std::size_t row = area.top + i / area.width;
  return row * width + area.left + i % area.width;
}

std::vector<Area> tiles_of(const Image& picture) {
  std::vector<Area> tiles;
  for (int top = 0; top < picture.height; top += tile_side) {
    for (int left = 0; left < picture.width; left += tile_side) {
      tiles.push_back(
          {top, left, std::min(tile_side, picture.height - top), std::min(tile_side, picture.width - left)});
    }
  }
  return tiles;
}

// A tile of a picture, filtered by windows of one size after the other, each of which has a linear model.
class Tile {
 public:
  Tile(const Image& picture, std::span<const float> weights, const Image& guide, double variance)
      : picture_(picture), weights_(weights), guide_(guide), variance_(variance) {}

  void filter(const Area& tile, Image& to) {
    sums_.assign(model_planes() * tile.size(), 0);
    for (const int radius : radii) {
      ask(tile, radius);
      for (std::size_t i = 0; i < area_.size(); ++i) put_model(i);
      for (int n = 0; n < model_planes(); ++n) {
        sum_.replace(plane(n));
        add_plane(n, tile);
      }
    }
    write(tile, to);
  }

  // How far the picture is from what windows of one size say: the mean square, for as many as are asked.
  void add_misfits(const Area& tile, int radius, std::vector<double>& to) {
    ask(tile, radius);
    for (std::size_t i = 0; i < area_.size(); i += 2 * radius + 1) {
      const Model model = model_of(i);
      if (model.share < 1) to.push_back(model.misfit / (1 - model.share));
    }
  }

 private:
  struct Model {
    std::array<Vector, colours> factors{};
    std::array<double, colours> constants{};
    double misfit = 0;  // mean square
    double share = 1;   // degrees of freedom for each sample
  };

  // Has the moments of all windows around the tile.
  void ask(const Area& tile, int radius) {
    area_ = around(tile, 2 * radius);
    values_.assign(moment_planes() * area_.size(), 0);
    sum_ = WindowSums(area_.height, area_.width, radius);
    fill_moments();
    for (int n = 0; n < moment_planes(); ++n) sum_.replace(plane(n));
  }

  // Planes of an area. First sums over windows: how many pixels count, the guide's colours and their products, and for
  // each colour of the picture its own, its square, and its products with the guide's.
  static constexpr int products_at = 1 + colours;
  static constexpr int picture_at = products_at + 6;
  [[nodiscard]] int moment_planes() const { return picture_at + (2 + colours) * picture_.colour_channels(); }
  // And then what each window says, in their place: how much that counts, and for each colour of the picture so many
  // times its model, a constant and a factor for each of the guide's.
  [[nodiscard]] int model_planes() const { return 1 + (1 + colours) * picture_.colour_channels(); }

  [[nodiscard]] std::span<float> plane(int n) { return std::span(values_).subspan(n * area_.size(), area_.size()); }
  [[nodiscard]] float& value(int n, std::size_t i) { return values_[n * area_.size() + i]; }

  [[nodiscard]] Area around(const Area& tile, int margin) const {
    const int top = std::max(0, tile.top - margin);
    const int left = std::max(0, tile.left - margin);
    return {top, left, std::min(picture_.height, tile.top + tile.height + margin) - top,
            std::min(picture_.width, tile.left + tile.width + margin) - left};
  }

  [[nodiscard]] Vector guide_at(std::size_t pixel) const {
    const bool gray = guide_.colour_channels() == 1;
    return {guide_.plane(0)[pixel], guide_.plane(gray ? 0 : 1)[pixel], guide_.plane(gray ? 0 : 2)[pixel]};
  }

  void fill_moments() {
    for (std::size_t i = 0; i < area_.size(); ++i) {
      const std::size_t pixel = pixel_of(area_, i, picture_.width);
      const double weight = weights_[pixel];
      if (weight <= 0) continue;
      const Vector guide = guide_at(pixel);
      int n = 0;
      const auto put = [&](double x) { value(n++, i) = static_cast<float>(weight * x); };
      put(1);
      for (const double x : guide) put(x);
      for (int c = 0; c < colours; ++c) {
        for (int d = c; d < colours; ++d) put(guide[c] * guide[d]);
      }
      for (int c = 0; c < picture_.colour_channels(); ++c) {
        const double y = picture_.plane(c)[pixel];
        put(y);
        put(y * y);
        for (const double x : guide) put(x * y);
      }
    }
  }

  // Of the window around pixel i of the area, in which some pixels count, from its moments.
  [[nodiscard]] Model model_of(std::size_t i) {
    const double count = value(0, i);
    const auto mean = [&](int n) { return value(n, i) / count; };
    const Vector middle{mean(1), mean(2), mean(3)};
    Matrix covariance;
    int n = 0;
    for (int c = 0; c < colours; ++c) {
      for (int d = c; d < colours; ++d, ++n) covariance[n] = mean(products_at + n) - middle[c] * middle[d];
    }
    for (const int diagonal : {0, 3, 5}) covariance[diagonal] += slack;
    const Matrix inverted = inverse(covariance);
    Model model;
    const int channels = picture_.colour_channels();
    for (int c = 0; c < channels; ++c) {
      const int at = picture_at + (2 + colours) * c;
      const double y = mean(at);
      const Vector common{mean(at + 2) - y * middle[0], mean(at + 3) - y * middle[1], mean(at + 4) - y * middle[2]};
      const Vector& factors = model.factors[c] = product(inverted, common);
      model.constants[c] = y - dot(factors, middle);
      model.misfit += (mean(at + 1) - y * y - dot(factors, common) - slack * dot(factors, factors)) / channels;
    }
    const double freedom = 1 + colours - slack * (inverted[0] + inverted[3] + inverted[5]);
    model.share = std::min(1.0, freedom / count);
    return model;
  }

  // In the place of the moments.
  void put_model(std::size_t i) {
    if (value(0, i) <= 0) {
      for (int n = 0; n < model_planes(); ++n) value(n, i) = 0;
      return;
    }
    const Model model = model_of(i);
    const double certainty = certainty_of(model, value(0, i));
    value(0, i) = static_cast<float>(certainty);
    for (int c = 0; c < picture_.colour_channels(); ++c) {
      const int at = 1 + (1 + colours) * c;
      value(at, i) = static_cast<float>(certainty * model.constants[c]);
      for (int d = 0; d < colours; ++d) value(at + 1 + d, i) = static_cast<float>(certainty * model.factors[c][d]);
    }
  }

  // How much a model counts that was made of so many pixels and is free to follow a share of what they do: it keeps
  // that share of the noise. What its misfit has beyond the rest of the noise is what it cannot follow. Large windows
  // are many around each pixel, so each of them counts less.
  [[nodiscard]] double certainty_of(const Model& model, double pixels) const {
    const double missed = std::max(0.0, model.misfit - variance_ * (1 - model.share));
    return 1 / (pixels * (missed + variance_ * model.share + least_risk));
  }

  void add_plane(int n, const Area& tile) {
    for (std::size_t i = 0; i < tile.size(); ++i) {
      const int row = tile.top - area_.top + static_cast<int>(i) / tile.width;
      const int column = tile.left - area_.left + static_cast<int>(i) % tile.width;
      sums_[n * tile.size() + i] += value(n, static_cast<std::size_t>(row) * area_.width + column);
    }
  }

  void write(const Area& tile, Image& to) const {
    for (std::size_t i = 0; i < tile.size(); ++i) {
      const std::size_t pixel = pixel_of(tile, i, picture_.width);
      const auto sum = [&](int n) { return sums_[n * tile.size() + i]; };
      if (sum(0) <= 0) continue;
      const Vector guide = guide_at(pixel);
      for (int c = 0; c < picture_.colour_channels(); ++c) {
        const int at = 1 + (1 + colours) * c;
        to.plane(c)[pixel] =
            static_cast<float>((sum(at) + dot(guide, {sum(at + 1), sum(at + 2), sum(at + 3)})) / sum(0));
      }
    }
  }

  const Image& picture_;
  std::span<const float> weights_;
  const Image& guide_;
  double variance_;
  Area area_{};
  WindowSums sum_;
  std::vector<float> values_;
  std::vector<double> sums_;  // of the models' planes over windows of all sizes, of the tile
};

}  // namespace

double noise_beside(const Image& picture, const Image& guide) {
  DIPPER_CHECK(guide.width == picture.width && guide.height == picture.height);
  constexpr int radius = 2;
  const std::vector<float> weights(picture.plane_size(), 1.0F);
  Tile windows(picture, weights, guide, 0);
  std::vector<double> misfits;
  const std::vector<Area> tiles = tiles_of(picture);
  constexpr std::size_t enough = 16;  // tiles, of different rows and columns of a large picture
  const auto columns = static_cast<std::size_t>((picture.width + tile_side - 1) / tile_side);
  std::size_t step = (tiles.size() + enough - 1) / enough;
  while (std::gcd(step, columns) > 1) ++step;
  for (std::size_t n = 0; n < tiles.size(); n += step) windows.add_misfits(tiles[n], radius, misfits);
  if (misfits.empty()) return 0;
  const auto middle = misfits.begin() + static_cast<std::ptrdiff_t>(misfits.size() / 2);
  std::nth_element(misfits.begin(), middle, misfits.end());
  return std::sqrt(std::max(0.0, *middle));
}

Image guided_filter(const Image& picture, std::span<const float> weights, const Image& guide, double sigma, int threads,
                    Patience& patience) {
  DIPPER_CHECK(guide.width == picture.width && guide.height == picture.height);
  DIPPER_CHECK_EQ(weights.size(), picture.plane_size());
  Image filtered = picture;
  ThreadPool pool(threads);
  const std::vector<Area> tiles = tiles_of(picture);
  std::vector<Tile> windows(static_cast<std::size_t>(pool.size()), Tile(picture, weights, guide, sigma * sigma));
  PatientWork work(patience, tiles.size());
  pool.run(static_cast<int>(tiles.size()), [&](int number, int worker) {
    if (!work.go_on(worker)) return;
    windows[static_cast<std::size_t>(worker)].filter(tiles[static_cast<std::size_t>(number)], filtered);
  });
  work.finish();
  return filtered;
}

Image guided_bm3d(const Image& picture, std::span<const float> weights, const Image& guide, double sigma, int threads,
                  Patience& patience) {
  constexpr double share_of_guided = 0.2;  // of the time
  PartOf first(patience, 0, share_of_guided);
  PartOf second(patience, share_of_guided, 1 - share_of_guided);
  const Image guided = guided_filter(picture, weights, guide, sigma, threads, first);
  Image rest = picture;
  for (int c = 0; c < picture.colour_channels(); ++c) {
    for (std::size_t i = 0; i < picture.plane_size(); ++i) {
      rest.plane(c)[i] = weights[i] > 0 ? picture.plane(c)[i] - guided.plane(c)[i] : 0;
    }
  }
  rest = denoise_bm3d(rest, sigma, threads, second);
  std::ranges::transform(rest.colours(), guided.colours(), rest.colours().begin(), std::plus());
  return rest;
}

}  // namespace dipper
