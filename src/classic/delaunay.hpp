// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/patience.hpp"

namespace dipper {

/// A pixel's place: column and row.
struct GridPoint {
  int x = 0;
  int y = 0;
};

/// Twice the area of the triangle a, b, c, positive where they go round from the x to the y axis.
[[nodiscard]] constexpr std::int64_t twice_area(GridPoint a, GridPoint b, GridPoint c) {
  return std::int64_t{b.x - a.x} * (c.y - a.y) - std::int64_t{b.y - a.y} * (c.x - a.x);
}

/// Three indices of points, such that twice_area() is positive.
using Triangle = std::array<int, 3>;

/// The Delaunay triangulation of different points, by Qhull (Barber, Dobkin and Huhdanpaa, "The Quickhull algorithm for
/// convex hulls", 1996): triangles that cover the points' convex hull once, none of whose circumcircles holds a point.
/// Of points on one circle, as pixels often are, any of the possible triangulations. Empty for points on one line.
/// Throws OutOfPatience when patience ends first.
[[nodiscard]] std::vector<Triangle> delaunay(std::span<const GridPoint> points,
                                             Patience& patience = Patience::endless());

}  // namespace dipper
