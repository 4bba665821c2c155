// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/patience.hpp"
#include "classic/delaunay.hpp"

namespace dipper {

/// A slope in x and in y, per pixel.
struct Gradient {
  double x = 0;
  double y = 0;
};

/// One triangle's cubic: the ordinates of the three cubic Bezier triangles into which its centroid cuts it. Corners are
/// 0, 1, 2; part k is the one that lacks corner k.
struct CubicPatch {
  std::array<double, 3> corner;               ///< the values there
  std::array<std::array<double, 3>, 3> edge;  ///< [i][j]: a third of the way from i to j
  std::array<double, 3> spoke;                ///< a third of the way from corner i to the centroid
  std::array<double, 3> middle;               ///< the inner ordinate of part k
  std::array<double, 3> inner;                ///< two thirds of the way from corner i to the centroid
  double centroid;

  /// The value where the barycentric coordinates, which sum to 1, are these.
  [[nodiscard]] double at(const std::array<double, 3>& barycentric) const;
};

/// The interpolant of Clough and Tocher over a triangulation: piecewise cubic, with continuous slopes, and exact for
/// quadratics whose gradients are given. Alfeld ("A trivariate Clough-Tocher scheme for tetrahedral data", 1984) has
/// its Bezier form; the slope across an edge, towards the neighbour's centroid, is linear along it (Farin, 1986), which
/// makes the interpolant the same in any affine frame.
class CloughTocher {
 public:
  CloughTocher() = default;
  CloughTocher(std::vector<GridPoint> points, std::vector<Triangle> triangles);

  [[nodiscard]] const std::vector<GridPoint>& points() const { return points_; }
  [[nodiscard]] const std::vector<Triangle>& triangles() const { return triangles_; }

  /// The gradients at the points for which the cubics along all edges bend the least: the sum over the edges of the
  /// integral of the squared second derivative is minimal (Nielson, "A method for interpolating scattered data based
  /// upon a minimum norm network", 1983; Renka, "A triangle-based C1 interpolation method", 1984). By Gauss-Seidel
  /// sweeps in the points' order, until no slope changes by more than 1e-6 of the values' range, at most 400. Throws
  /// OutOfPatience when patience ends first; it is asked, and told 0, after each.
  [[nodiscard]] std::vector<Gradient> gradients(std::span<const double> values,
                                                Patience& patience = Patience::endless()) const;

  [[nodiscard]] CubicPatch patch(std::size_t triangle, std::span<const double> values,
                                 std::span<const Gradient> gradients) const;

 private:
  // Over the edge that lacks corner k, from centroid to centroid, in steps towards the corners (k + 1) % 3 and (k + 2)
  // % 3 and the own centroid, which sum to 0: the first two over the third.
  struct Across {
    double first = -0.5;
    double second = -0.5;
  };

  struct Edge {
    int to = 0;
    double weight = 0;  // 1 over the cube of its length
  };

  void find_neighbours();
  [[nodiscard]] Gradient relaxed(std::size_t i, std::span<const double> values, std::span<const Gradient> all) const;
  [[nodiscard]] Across across(std::size_t triangle, std::size_t k, std::size_t neighbour) const;

  std::vector<GridPoint> points_;
  std::vector<Triangle> triangles_;
  std::vector<std::array<Across, 3>> across_;  // of each triangle; where it has no neighbour, to the edge's middle
  std::vector<std::size_t> begin_;             // the edges of point i are edges_[begin_[i]] to [begin_[i + 1] - 1]
  std::vector<Edge> edges_;
};

}  // namespace dipper
