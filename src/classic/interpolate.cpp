// SPDX-License-Identifier: Apache-2.0
#include "classic/interpolate.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "classic/clough_tocher.hpp"
#include "classic/delaunay.hpp"
#include "classic/nearest.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

constexpr int none = -1;

// Which share of the time has passed when all points are in the triangulation, and when it is ready for use.
constexpr double laid = 0.6;
constexpr double meshed = 0.85;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return a / b + (a % b != 0 && (a % b > 0) == (b > 0) ? 1 : 0);
}
std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a % b > 0) != (b > 0) ? 1 : 0);
}

// Marks the unknown pixels in a triangle, edges included, that are in no other yet.
void mark(const std::array<GridPoint, 3>& corners, int number, int width, std::span<const float> weights,
          std::span<int> triangle_of) {
  const auto [top, bottom] = std::minmax({corners[0].y, corners[1].y, corners[2].y});
  for (int y = top; y <= bottom; ++y) {
    std::int64_t first = std::min({corners[0].x, corners[1].x, corners[2].x});
    std::int64_t last = std::max({corners[0].x, corners[1].x, corners[2].x});
    for (std::size_t k = 0; k < 3; ++k) {
      // Left of the edge from a to b: (b.x - a.x) (y - a.y) >= (b.y - a.y) (x - a.x).
      const GridPoint a = corners[k];
      const GridPoint b = corners[(k + 1) % 3];
      const std::int64_t rise = b.y - a.y;
      const std::int64_t most = std::int64_t{b.x - a.x} * (y - a.y);
      if (rise > 0) last = std::min(last, a.x + floor_div(most, rise));
      if (rise < 0) first = std::max(first, a.x + ceil_div(most, rise));
    }
    for (std::int64_t x = first; x <= last; ++x) {
      const auto i = static_cast<std::size_t>(std::int64_t{y} * width + x);
      if (weights[i] <= 0 && triangle_of[i] == none) triangle_of[i] = number;
    }
  }
}

std::array<double, 3> barycentric(const std::array<GridPoint, 3>& corners, GridPoint p) {
  const auto whole = static_cast<double>(twice_area(corners[0], corners[1], corners[2]));
  return {static_cast<double>(twice_area(corners[1], corners[2], p)) / whole,
          static_cast<double>(twice_area(corners[2], corners[0], p)) / whole,
          static_cast<double>(twice_area(corners[0], corners[1], p)) / whole};
}

// The triangulation of the known pixels near unknown ones, and where each unknown pixel finds its value.
class Scattered {
 public:
  Scattered(std::span<const float> weights, int width, int height, Patience& patience)
      : width_(width), weights_(weights), triangle_of_(weights.size(), none) {
    std::vector<GridPoint> points = near_unknown(height);
    std::vector<Triangle> triangles = delaunay(points, patience);
    surface_ = CloughTocher(std::move(points), std::move(triangles));
    for (std::size_t t = 0; t < surface_.triangles().size(); ++t) {
      mark(corners(t), static_cast<int>(t), width, weights, triangle_of_);
    }
    const auto outside = [&](std::size_t i) { return weights[i] <= 0 && triangle_of_[i] == none; };
    for (std::size_t i = 0; i < weights.size() && nearest_.empty(); ++i) {
      if (outside(i)) nearest_ = nearest_marked(marks(true), width, height);
    }
  }

  void fill(std::span<float> plane, Interpolant kind, Patience& patience) const {
    std::vector<double> values;
    for (const GridPoint p : surface_.points()) values.push_back(plane[index(p)]);
    const std::vector<Gradient> gradients =
        kind == Interpolant::cubic ? surface_.gradients(values, patience) : std::vector<Gradient>{};
    CubicPatch patch{};
    int patched = none;
    for (std::size_t i = 0; i < plane.size(); ++i) {
      if (weights_[i] > 0) continue;
      if (triangle_of_[i] == none) {
        plane[i] = plane[static_cast<std::size_t>(nearest_[i])];
        continue;
      }
      const auto t = static_cast<std::size_t>(triangle_of_[i]);
      const std::array<double, 3> place = barycentric(corners(t), point(i));
      if (kind == Interpolant::cubic) {
        if (std::exchange(patched, triangle_of_[i]) != triangle_of_[i]) patch = surface_.patch(t, values, gradients);
        plane[i] = static_cast<float>(patch.at(place));
      } else {
        double sum = 0;
        for (std::size_t k = 0; k < 3; ++k) {
          sum += place[k] * values[static_cast<std::size_t>(surface_.triangles()[t][k])];
        }
        plane[i] = static_cast<float>(sum);
      }
    }
  }

 private:
  // Which pixels are known, or unknown.
  [[nodiscard]] std::vector<std::uint8_t> marks(bool known) const {
    std::vector<std::uint8_t> marked(weights_.size());
    for (std::size_t i = 0; i < marked.size(); ++i) marked[i] = (weights_[i] > 0) == known ? 1 : 0;
    return marked;
  }

  [[nodiscard]] std::vector<GridPoint> near_unknown(int height) const {
    constexpr std::int64_t reach = 8;
    const std::vector<int> unknown = nearest_marked(marks(false), width_, height);
    std::vector<GridPoint> points;
    for (std::size_t i = 0; i < unknown.size(); ++i) {
      if (weights_[i] > 0 && unknown[i] != none &&
          squared_distance(static_cast<int>(i), unknown[i], width_) <= reach * reach) {
        points.push_back(point(i));
      }
    }
    return points;
  }

  [[nodiscard]] GridPoint point(std::size_t i) const {
    return {static_cast<int>(i) % width_, static_cast<int>(i) / width_};
  }
  [[nodiscard]] std::size_t index(GridPoint p) const {
    return static_cast<std::size_t>(p.y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(p.x);
  }
  [[nodiscard]] std::array<GridPoint, 3> corners(std::size_t triangle) const {
    const Triangle& t = surface_.triangles()[triangle];
    const std::vector<GridPoint>& points = surface_.points();
    return {points[static_cast<std::size_t>(t[0])], points[static_cast<std::size_t>(t[1])],
            points[static_cast<std::size_t>(t[2])]};
  }

  int width_;
  std::span<const float> weights_;
  CloughTocher surface_;
  std::vector<int> triangle_of_;  // each unknown pixel, or none
  std::vector<int> nearest_;      // the known pixel nearest to each; empty when no triangle lacks
};

}  // namespace

Image interpolate_scattered(const Image& picture, std::span<const float> weights, Interpolant kind,
                            Patience& patience) {
  DIPPER_CHECK_EQ(weights.size(), picture.plane_size());
  if (std::none_of(weights.begin(), weights.end(), [](float w) { return w > 0; })) {
    throw Error("everything is missing: no pixel is known, so there is nothing to interpolate; mark fewer for repair");
  }
  Image filled = picture;
  PartOf laying(patience, 0, laid);
  const Scattered scattered(weights, picture.width, picture.height, laying);
  const int channels = filled.colour_channels();
  for (int c = 0; c < channels; ++c) {
    PartOf filling(patience, meshed + (1 - meshed) * c / channels, (1 - meshed) / channels);
    check(filling, 0);
    scattered.fill(filled.plane(c), kind, filling);
  }
  return filled;
}

}  // namespace dipper
