// SPDX-License-Identifier: Apache-2.0
#include "classic/delaunay.hpp"

#include <libqhull_r/qhull_ra.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "base/philox.hpp"

namespace dipper {
namespace {

// Four pixels often lie on one circle, and Qhull takes twice as long to merge facets and to cut them up again as to
// tell points apart that are this far from their places. No triangle turns over: twice its area is a whole number.
constexpr double offset = 1e-5;

// Qhull's state, its input and its messages.
class Qhull {
 public:
  explicit Qhull(std::vector<double> coordinates) : coordinates_(std::move(coordinates)) {
    messages_ = open_memstream(&text_, &length_);
    DIPPER_CHECK(messages_ != nullptr);
    qh_zero(&state_, messages_);
  }
  ~Qhull() {
    qh_freeqhull(&state_, False);  // short memory goes below
    int left = 0;
    int left_bytes = 0;
    qh_memfreeshort(&state_, &left, &left_bytes);
    (void)std::fclose(messages_);
    std::free(text_);
  }
  Qhull(const Qhull&) = delete;
  Qhull& operator=(const Qhull&) = delete;

  // Whether Qhull did it.
  [[nodiscard]] bool run(std::string options) {
    const auto points = static_cast<int>(coordinates_.size() / 2);
    const int code = qh_new_qhull(&state_, 2, points, coordinates_.data(), False, options.data(), nullptr, messages_);
    if (code == qh_ERRmem) throw std::bad_alloc();
    return code == 0;
  }
  [[nodiscard]] std::string message() {
    (void)std::fflush(messages_);
    return {text_, length_};
  }

  // The points of each lower facet of the lifted points' hull, which are the triangulation's triangles.
  [[nodiscard]] std::vector<Triangle> triangles() {
    std::vector<Triangle> all;
    all.reserve(coordinates_.size());
    for (const facetT* facet = state_.facet_list; facet != nullptr && facet->next != nullptr; facet = facet->next) {
      if (facet->upperdelaunay != 0) continue;
      DIPPER_CHECK(facet->simplicial != 0);
      Triangle triangle{};
      for (int corner = 0; corner < 3; ++corner) {
        const auto* vertex = static_cast<const vertexT*>(SETelem_(facet->vertices, corner));
        triangle[static_cast<std::size_t>(corner)] = qh_pointid(&state_, vertex->point);
      }
      all.push_back(triangle);
    }
    return all;
  }

 private:
  qhT state_{};
  std::vector<double> coordinates_;  // x, y of each point
  std::FILE* messages_ = nullptr;
  char* text_ = nullptr;
  std::size_t length_ = 0;
};

bool on_one_line(std::span<const GridPoint> points) {
  return points.size() < 3 || std::all_of(points.begin() + 2, points.end(),
                                          [&](GridPoint p) { return twice_area(points[0], points[1], p) == 0; });
}

}  // namespace

std::vector<Triangle> delaunay(std::span<const GridPoint> points) {
  if (on_one_line(points)) return {};
  std::vector<double> coordinates;
  coordinates.reserve(2 * points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::array<std::uint32_t, 4> random = philox({static_cast<std::uint32_t>(i), 0, 0, 0}, {0, 0});
    coordinates.push_back(points[i].x + offset * double{unit_float(random[0])});
    coordinates.push_back(points[i].y + offset * double{unit_float(random[1])});
  }
  Qhull qhull(std::move(coordinates));
  // d: Delaunay. Qbb: the lifted coordinate is scaled as the others are. Qz: a point at infinity, as all may lie on one
  // circle. Qt: facets that were merged all the same are cut into triangles. Pp: no remarks.
  if (!qhull.run("qhull d Qbb Qz Qt Pp")) {
    check_failed(__FILE__, __LINE__, "Qhull failed: " + qhull.message());
  }
  std::vector<Triangle> triangles = qhull.triangles();
  std::erase_if(triangles, [&](Triangle& t) {
    // The point at infinity has an index of its own.
    if (*std::max_element(t.begin(), t.end()) >= static_cast<int>(points.size())) return true;
    const auto corner = [&](std::size_t i) { return points[static_cast<std::size_t>(t[i])]; };
    const std::int64_t area = twice_area(corner(0), corner(1), corner(2));
    if (area < 0) std::swap(t[1], t[2]);
    return area == 0;
  });
  return triangles;
}

}  // namespace dipper
