// SPDX-License-Identifier: Apache-2.0
#include "classic/clough_tocher.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace dipper {
namespace {

constexpr std::size_t next(std::size_t corner) {
  return (corner + 1) % 3;
}

// One side of one triangle.
struct Side {
  std::uint64_t ends;  // the lower index above 32 bits of the higher one
  std::size_t number;  // 3 * triangle + the corner that it lacks
};

std::vector<Side> sides(std::span<const Triangle> triangles) {
  std::vector<Side> all;
  all.reserve(3 * triangles.size());
  for (std::size_t t = 0; t < triangles.size(); ++t) {
    for (std::size_t k = 0; k < 3; ++k) {
      const auto [low, high] = std::minmax(triangles[t][next(k)], triangles[t][next(next(k))]);
      all.push_back({static_cast<std::uint64_t>(low) << 32U | static_cast<std::uint64_t>(high), 3 * t + k});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Side& a, const Side& b) { return a.ends != b.ends ? a.ends < b.ends : a.number < b.number; });
  return all;
}

}  // namespace

double CubicPatch::at(const std::array<double, 3>& barycentric) const {
  const std::array<double, 3>& l = barycentric;
  const auto k = static_cast<std::size_t>(std::min_element(l.begin(), l.end()) - l.begin());
  const std::size_t i = next(k);
  const std::size_t j = next(i);
  // In the part without corner k, whose third corner is the centroid.
  const double a = l[i] - l[k];
  const double b = l[j] - l[k];
  const double c = 3 * l[k];
  return a * a * (a * corner[i] + 3 * (b * edge[i][j] + c * spoke[i])) +
         b * b * (b * corner[j] + 3 * (a * edge[j][i] + c * spoke[j])) +
         c * c * (c * centroid + 3 * (a * inner[i] + b * inner[j])) + 6 * a * b * c * middle[k];
}

CloughTocher::CloughTocher(std::vector<GridPoint> points, std::vector<Triangle> triangles)
    : points_(std::move(points)), triangles_(std::move(triangles)) {
  find_neighbours();
}

void CloughTocher::find_neighbours() {
  across_.resize(triangles_.size());
  begin_.assign(points_.size() + 1, 0);
  const std::vector<Side> all = sides(triangles_);
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].ends == all[i - 1].ends) {
      const std::size_t a = all[i - 1].number;
      const std::size_t b = all[i].number;
      across_[a / 3][a % 3] = across(a / 3, a % 3, b / 3);
      across_[b / 3][b % 3] = across(b / 3, b % 3, a / 3);
      continue;
    }
    edges.emplace_back(all[i].ends >> 32U, all[i].ends & 0xFFFFFFFFU);
    ++begin_[edges.back().first + 1];
    ++begin_[edges.back().second + 1];
  }
  for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
  edges_.resize(2 * edges.size());
  std::vector<std::size_t> end(begin_.begin(), begin_.end() - 1);
  for (const auto& [a, b] : edges) {
    const double x = points_[b].x - points_[a].x;
    const double y = points_[b].y - points_[a].y;
    const double square = x * x + y * y;
    edges_[end[a]++] = {static_cast<int>(b), 1 / (square * std::sqrt(square))};
    edges_[end[b]++] = {static_cast<int>(a), 1 / (square * std::sqrt(square))};
  }
}

CloughTocher::Across CloughTocher::across(std::size_t triangle, std::size_t k, std::size_t neighbour) const {
  const auto point = [&](std::size_t t, std::size_t corner) {
    return points_[static_cast<std::size_t>(triangles_[t][corner])];
  };
  const GridPoint a = point(triangle, next(k));
  const GridPoint b = point(triangle, next(next(k)));
  const GridPoint c = point(triangle, k);
  // The neighbour's centroid in the triangle's barycentric coordinates is the mean of those of its corners.
  double at_a = 0;
  double at_b = 0;
  double at_c = 0;
  for (std::size_t corner = 0; corner < 3; ++corner) {
    const GridPoint p = point(neighbour, corner);
    at_a += static_cast<double>(twice_area(b, c, p));
    at_b += static_cast<double>(twice_area(c, a, p));
    at_c += static_cast<double>(twice_area(a, b, p));
  }
  const double whole = 3 * static_cast<double>(twice_area(a, b, c));
  // Corner c is three times the centroid less a and b.
  const double centroid = 3 * at_c / whole - 1;
  return {(at_a - at_c) / whole / centroid, (at_b - at_c) / whole / centroid};
}

std::vector<Gradient> CloughTocher::gradients(std::span<const double> values, Patience& patience) const {
  constexpr double tolerance = 1e-6;
  constexpr int most_sweeps = 400;
  std::vector<Gradient> all(points_.size());
  if (triangles_.empty()) return all;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    check(patience, 0);
    double change = 0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (begin_[i] == begin_[i + 1]) continue;  // in no triangle
      const Gradient better = relaxed(i, values, all);
      change = std::max({change, std::abs(better.x - all[i].x), std::abs(better.y - all[i].y)});
      all[i] = better;
    }
    if (change <= tolerance * (*most - *least)) break;
  }
  return all;
}

// With e the vector of an edge of length L, P and Q the slopes along it at its ends (in values per length of the edge)
// and D the difference of the values there, the integral of the squared second derivative of the cubic is 4 (P^2 + PQ +
// Q^2 - 3 (P + Q) D + 3 D^2) / L^3. Its derivative in the point's gradient, summed over the edges, is 0.
Gradient CloughTocher::relaxed(std::size_t i, std::span<const double> values, std::span<const Gradient> all) const {
  double xx = 0;
  double xy = 0;
  double yy = 0;
  double x = 0;
  double y = 0;
  for (std::size_t n = begin_[i]; n < begin_[i + 1]; ++n) {
    const auto j = static_cast<std::size_t>(edges_[n].to);
    const double weight = edges_[n].weight;
    const double ex = points_[j].x - points_[i].x;
    const double ey = points_[j].y - points_[i].y;
    const double right = weight * (3 * (values[j] - values[i]) - (all[j].x * ex + all[j].y * ey));
    xx += 2 * weight * ex * ex;
    xy += 2 * weight * ex * ey;
    yy += 2 * weight * ey * ey;
    x += right * ex;
    y += right * ey;
  }
  const double determinant = xx * yy - xy * xy;
  return {(yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant};
}

CubicPatch CloughTocher::patch(std::size_t triangle, std::span<const double> values,
                               std::span<const Gradient> gradients) const {
  CubicPatch patch{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto p = static_cast<std::size_t>(triangles_[triangle][i]);
    patch.corner[i] = values[p];
    const auto towards = [&](std::size_t j) {
      const GridPoint to = points_[static_cast<std::size_t>(triangles_[triangle][j])];
      const GridPoint from = points_[p];
      return values[p] + (gradients[p].x * (to.x - from.x) + gradients[p].y * (to.y - from.y)) / 3;
    };
    const std::size_t j = next(i);
    const std::size_t k = next(j);
    patch.edge[i][j] = towards(j);
    patch.edge[i][k] = towards(k);
    patch.spoke[i] = (patch.corner[i] + patch.edge[i][j] + patch.edge[i][k]) / 3;
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t i = next(k);
    const std::size_t j = next(i);
    const Across across = across_[triangle][k];
    // The slope's Bezier ordinates along the edge have to be evenly spaced.
    patch.middle[k] =
        (patch.spoke[i] + patch.spoke[j] + across.first * (patch.corner[i] + patch.edge[j][i] - 2 * patch.edge[i][j]) +
         across.second * (patch.corner[j] + patch.edge[i][j] - 2 * patch.edge[j][i])) /
        2;
  }
  // Smooth over the spokes: an ordinate there is the mean of the three around it.
  for (std::size_t i = 0; i < 3; ++i) {
    patch.inner[i] = (patch.spoke[i] + patch.middle[next(i)] + patch.middle[next(next(i))]) / 3;
  }
  patch.centroid = (patch.inner[0] + patch.inner[1] + patch.inner[2]) / 3;
  return patch;
}

}  // namespace dipper
