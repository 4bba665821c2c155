// SPDX-License-Identifier: Apache-2.0
#include "classic/delaunay.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/philox.hpp"

namespace dipper {
namespace {

// Twice the area of the points' convex hull (Andrew's monotone chain, 1979).
std::int64_t twice_hull_area(std::vector<GridPoint> points) {
  if (points.size() < 3) return 0;
  std::sort(points.begin(), points.end(), [](GridPoint a, GridPoint b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  std::vector<GridPoint> hull;
  for (int side = 0; side < 2; ++side) {
    const std::size_t start = hull.size();
    for (const GridPoint p : points) {
      while (hull.size() >= start + 2 && twice_area(hull[hull.size() - 2], hull.back(), p) <= 0) hull.pop_back();
      hull.push_back(p);
    }
    hull.pop_back();
    std::reverse(points.begin(), points.end());
  }
  std::int64_t area = 0;
  for (std::size_t i = 2; i < hull.size(); ++i) area += twice_area(hull[0], hull[i - 1], hull[i]);
  return area;
}

std::int64_t square(std::int64_t v) {
  return v * v;
}

// Above 0 where d lies inside the circle through the corners a, b and c, in units of pixels^4.
std::int64_t in_circle(GridPoint a, GridPoint b, GridPoint c, GridPoint d) {
  const auto lifted = [&](GridPoint p) { return square(p.x - d.x) + square(p.y - d.y); };
  return lifted(a) * twice_area(d, b, c) + lifted(b) * twice_area(d, c, a) + lifted(c) * twice_area(d, a, b);
}

// Triangles of positive area that together have that of the hull, none with a point inside its circumcircle, are a
// Delaunay triangulation.
void expect_delaunay(const std::vector<GridPoint>& points) {
  const std::vector<Triangle> triangles = delaunay(points);
  std::int64_t area = 0;
  for (const Triangle& t : triangles) {
    const auto corner = [&](std::size_t i) { return points[static_cast<std::size_t>(t[i])]; };
    const std::int64_t part = twice_area(corner(0), corner(1), corner(2));
    EXPECT_GT(part, 0);
    area += part;
    if (points.size() > 300) continue;
    for (const GridPoint p : points) ASSERT_LE(in_circle(corner(0), corner(1), corner(2), p), 0);
  }
  EXPECT_EQ(area, twice_hull_area(points)) << points.size() << " points";
}

std::vector<GridPoint> drawn(int width, int height, double share, std::uint64_t seed) {
  const Philox random{seed, Stream::drop};
  std::vector<GridPoint> points;
  std::uint64_t index = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (random.uniform(0, index++) < share) points.push_back({x, y});
    }
  }
  return points;
}

TEST(Delaunay, FewRandomPoints) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const int width = 2 + static_cast<int>(seed % 19);
    const int height = 3 + static_cast<int>(seed % 7);
    for (const double share : {0.1, 0.5, 0.9}) expect_delaunay(drawn(width, height, share, seed));
  }
}

TEST(Delaunay, ManyRandomPoints) {
  for (const double share : {0.02, 0.5, 0.98}) expect_delaunay(drawn(150, 130, share, 3));
  expect_delaunay(drawn(20000, 3, 0.3, 4));
  expect_delaunay(drawn(2, 20000, 0.3, 5));
}

TEST(Delaunay, WholeGridsWhereAllNeighboursLieOnCircles) {
  for (const int size : {2, 3, 10, 100}) expect_delaunay(drawn(size, size, 1, 0));
  expect_delaunay(drawn(2, 300, 1, 0));
}

TEST(Delaunay, PointsOnOneCircle) {
  // The twelve whole-number points at distance 5 of (10, 10), alone and with their centre.
  std::vector<GridPoint> points;
  for (int y = 0; y < 21; ++y) {
    for (int x = 0; x < 21; ++x) {
      if ((x - 10) * (x - 10) + (y - 10) * (y - 10) == 25) points.push_back({x, y});
    }
  }
  ASSERT_EQ(points.size(), 12U);
  expect_delaunay(points);
  points.push_back({10, 10});
  expect_delaunay(points);
}

TEST(Delaunay, AFrameWithNothingInside) {
  std::vector<GridPoint> points;
  for (int y = 0; y < 400; ++y) {
    for (int x = 0; x < 500; ++x) {
      if (y < 3 || y >= 397 || x < 3 || x >= 497) points.push_back({x, y});
    }
  }
  expect_delaunay(points);
}

TEST(Delaunay, OnePointBesideALine) {
  std::vector<GridPoint> points(5000);
  for (int x = 0; x < 5000; ++x) points[x] = {x, 0};
  points.push_back({4000, 1});
  expect_delaunay(points);
  points.back() = {17, 4000};
  expect_delaunay(points);
}

TEST(Delaunay, LargePictures) {
  expect_delaunay({{0, 0}, {30000, 1}, {0, 1}, {30000, 0}, {15000, 30000}, {15001, 29999}, {7, 15000}});
  expect_delaunay(drawn(30000, 100, 0.001, 1));
}

TEST(Delaunay, NothingForPointsOnOneLine) {
  EXPECT_TRUE(delaunay({}).empty());
  EXPECT_TRUE(delaunay(std::vector<GridPoint>{{3, 4}}).empty());
  EXPECT_TRUE(delaunay(std::vector<GridPoint>{{3, 4}, {5, 9}}).empty());
  EXPECT_TRUE(delaunay(std::vector<GridPoint>{{0, 0}, {1, 2}, {2, 4}, {50, 100}}).empty());
}

TEST(Delaunay, TheSameEveryTime) {
  const std::vector<GridPoint> points = drawn(60, 60, 0.5, 9);
  EXPECT_EQ(delaunay(points), delaunay(points));
}

}  // namespace
}  // namespace dipper
