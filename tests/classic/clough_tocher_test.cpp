// SPDX-License-Identifier: Apache-2.0
#include "classic/clough_tocher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/philox.hpp"

namespace dipper {
namespace {

// Points here and there in 30 x 30 pixels, triangulated.
CloughTocher scattered(std::uint64_t seed) {
  const Philox random{seed, Stream::drop};
  std::vector<GridPoint> points;
  for (int i = 0; i < 900; ++i) {
    if (random.uniform(0, static_cast<std::uint64_t>(i)) < 0.1F) points.push_back({i % 30, i / 30});
  }
  std::vector<Triangle> triangles = delaunay(points);
  return {std::move(points), std::move(triangles)};
}

template <class Function>
std::vector<double> values_of(const CloughTocher& surface, const Function& function) {
  std::vector<double> values;
  for (const GridPoint p : surface.points()) values.push_back(function(p.x, p.y));
  return values;
}

std::vector<double> random_values(const CloughTocher& surface, std::uint64_t seed) {
  const Philox random{seed, Stream::drop};
  std::vector<double> values;
  for (std::size_t i = 0; i < surface.points().size(); ++i) values.push_back(random.uniform(1, i));
  return values;
}

struct Place {
  double x = 0;
  double y = 0;
};

// Where the barycentric coordinates say.
Place place(const CloughTocher& surface, std::size_t triangle, const std::array<double, 3>& barycentric) {
  Place at;
  for (std::size_t k = 0; k < 3; ++k) {
    const GridPoint p = surface.points()[static_cast<std::size_t>(surface.triangles()[triangle][k])];
    at.x += barycentric[k] * p.x;
    at.y += barycentric[k] * p.y;
  }
  return at;
}

// The inverse of place().
std::array<double, 3> barycentric(const CloughTocher& surface, std::size_t triangle, Place at) {
  const Place a = place(surface, triangle, {1, 0, 0});
  const Place b = place(surface, triangle, {0, 1, 0});
  const Place c = place(surface, triangle, {0, 0, 1});
  const auto area = [](Place p, Place q, Place r) { return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x); };
  const double whole = area(a, b, c);
  return {area(b, c, at) / whole, area(c, a, at) / whole, area(a, b, at) / whole};
}

constexpr std::array<double, 3> inside[] = {{0.2, 0.3, 0.5}, {0.6, 0.3, 0.1}, {0.05, 0.9, 0.05}, {0.0, 0.25, 0.75}};

TEST(CloughTocher, ReproducesQuadraticsFromTheirGradients) {
  const CloughTocher surface = scattered(1);
  const auto f = [](double x, double y) { return 3 - 0.2 * x + 0.1 * y + 0.03 * x * x - 0.05 * x * y + 0.02 * y * y; };
  const std::vector<double> values = values_of(surface, f);
  std::vector<Gradient> gradients;
  for (const GridPoint p : surface.points()) {
    gradients.push_back({-0.2 + 0.06 * p.x - 0.05 * p.y, 0.1 - 0.05 * p.x + 0.04 * p.y});
  }
  for (std::size_t t = 0; t < surface.triangles().size(); ++t) {
    const CubicPatch patch = surface.patch(t, values, gradients);
    for (const auto& l : inside) {
      const Place at = place(surface, t, l);
      EXPECT_NEAR(patch.at(l), f(at.x, at.y), 1e-11);
    }
  }
}

TEST(CloughTocher, FindsTheGradientOfAPlane) {
  const CloughTocher surface = scattered(2);
  const std::vector<double> values = values_of(surface, [](double x, double y) { return 0.5 + 0.01 * x - 0.02 * y; });
  for (const Gradient& g : surface.gradients(values)) {
    EXPECT_NEAR(g.x, 0.01, 1e-6);
    EXPECT_NEAR(g.y, -0.02, 1e-6);
  }
}

TEST(CloughTocher, HasTheValuesAndGradientsOfItsCorners) {
  const CloughTocher surface = scattered(3);
  const std::vector<double> values = random_values(surface, 3);
  const std::vector<Gradient> gradients = surface.gradients(values);
  constexpr double step = 1e-6;
  for (std::size_t t = 0; t < surface.triangles().size(); ++t) {
    const CubicPatch patch = surface.patch(t, values, gradients);
    for (std::size_t k = 0; k < 3; ++k) {
      std::array<double, 3> corner{};
      corner[k] = 1;
      const auto p = static_cast<std::size_t>(surface.triangles()[t][k]);
      EXPECT_NEAR(patch.at(corner), values[p], 1e-14);
      const Place at = place(surface, t, corner);
      const Place centre = place(surface, t, {1.0 / 3, 1.0 / 3, 1.0 / 3});
      const Place near{at.x + step * (centre.x - at.x), at.y + step * (centre.y - at.y)};
      const double slope = (patch.at(barycentric(surface, t, near)) - values[p]) / step;
      EXPECT_NEAR(slope, gradients[p].x * (centre.x - at.x) + gradients[p].y * (centre.y - at.y), 1e-4);
    }
  }
}

// The slope at a place, from differences that may leave the triangle by next to nothing.
Gradient slope(const CloughTocher& surface, const CubicPatch& patch, std::size_t triangle, Place at) {
  constexpr double step = 1e-5;
  const auto value = [&](double dx, double dy) {
    return patch.at(barycentric(surface, triangle, {at.x + dx, at.y + dy}));
  };
  return {(value(step, 0) - value(-step, 0)) / (2 * step), (value(0, step) - value(0, -step)) / (2 * step)};
}

TEST(CloughTocher, ValuesAndSlopesContinueOverEveryEdge) {
  const CloughTocher surface = scattered(4);
  const std::vector<double> values = random_values(surface, 4);
  const std::vector<Gradient> gradients = surface.gradients(values);
  const std::vector<Triangle>& triangles = surface.triangles();
  int shared = 0;
  for (std::size_t a = 0; a < triangles.size(); ++a) {
    for (std::size_t b = a + 1; b < triangles.size(); ++b) {
      std::vector<std::size_t> corners;  // of a, that b has too
      for (std::size_t k = 0; k < 3; ++k) {
        if (std::count(triangles[b].begin(), triangles[b].end(), triangles[a][k]) == 1) corners.push_back(k);
      }
      if (corners.size() != 2) continue;
      ++shared;
      const CubicPatch patch_a = surface.patch(a, values, gradients);
      const CubicPatch patch_b = surface.patch(b, values, gradients);
      for (const double part : {0.1, 0.4, 0.8}) {
        std::array<double, 3> l{};
        l[corners[0]] = part;
        l[corners[1]] = 1 - part;
        const Place at = place(surface, a, l);
        EXPECT_NEAR(patch_a.at(l), patch_b.at(barycentric(surface, b, at)), 1e-12);
        const Gradient slope_a = slope(surface, patch_a, a, at);
        const Gradient slope_b = slope(surface, patch_b, b, at);
        EXPECT_NEAR(slope_a.x, slope_b.x, 2e-4);
        EXPECT_NEAR(slope_a.y, slope_b.y, 2e-4);
      }
    }
  }
  EXPECT_GT(shared, 100);
}

TEST(CloughTocher, SlopesContinueInsideATriangle) {
  const CloughTocher surface = scattered(5);
  const std::vector<double> values = random_values(surface, 5);
  const std::vector<Gradient> gradients = surface.gradients(values);
  for (std::size_t t = 0; t < surface.triangles().size(); ++t) {
    const CubicPatch patch = surface.patch(t, values, gradients);
    // Both sides of the line from corner 2 to the centroid.
    const Gradient one = slope(surface, patch, t, place(surface, t, {0.2 + 1e-4, 0.2 - 1e-4, 0.6}));
    const Gradient other = slope(surface, patch, t, place(surface, t, {0.2 - 1e-4, 0.2 + 1e-4, 0.6}));
    EXPECT_NEAR(one.x, other.x, 2e-2);
    EXPECT_NEAR(one.y, other.y, 2e-2);
  }
}

// The bending of the cubic along an edge; Simpson's rule is exact for its square.
double bending(const CloughTocher& surface, std::size_t a, std::size_t b, const std::vector<double>& values,
               const std::vector<Gradient>& gradients) {
  const double ex = surface.points()[b].x - surface.points()[a].x;
  const double ey = surface.points()[b].y - surface.points()[a].y;
  const double length = std::hypot(ex, ey);
  const double p = gradients[a].x * ex + gradients[a].y * ey;
  const double q = gradients[b].x * ex + gradients[b].y * ey;
  const double rise = values[b] - values[a];
  const auto second = [&](double t) { return (6 * rise - 4 * p - 2 * q + t * (6 * p + 6 * q - 12 * rise)); };
  const auto squared = [&](double t) { return second(t) * second(t); };
  return (squared(0) + 4 * squared(0.5) + squared(1)) / 6 / (length * length * length);
}

TEST(CloughTocher, NoOtherGradientsBendTheEdgesLess) {
  const CloughTocher surface = scattered(6);
  const std::vector<double> values = random_values(surface, 6);
  std::vector<Gradient> gradients = surface.gradients(values);
  const auto all = [&] {
    double sum = 0;
    for (const Triangle& t : surface.triangles()) {
      // Twice for inner edges and once for others would be another functional: each edge counts once.
      for (std::size_t k = 0; k < 3; ++k) {
        const auto a = static_cast<std::size_t>(t[k]);
        const auto b = static_cast<std::size_t>(t[(k + 1) % 3]);
        const bool twice = std::any_of(surface.triangles().begin(), surface.triangles().end(), [&](const Triangle& u) {
          for (std::size_t m = 0; m < 3; ++m) {
            if (u[m] == t[(k + 1) % 3] && u[(m + 1) % 3] == t[k]) return true;
          }
          return false;
        });
        sum += bending(surface, a, b, values, gradients) / (twice ? 2 : 1);
      }
    }
    return sum;
  };
  const double least = all();
  for (std::size_t i = 0; i < gradients.size(); i += 7) {
    for (const double step : {-1e-3, 1e-3}) {
      gradients[i].x += step;
      EXPECT_GT(all(), least);
      gradients[i].x -= step;
      gradients[i].y += step;
      EXPECT_GT(all(), least);
      gradients[i].y -= step;
    }
  }
}

}  // namespace
}  // namespace dipper
