// SPDX-License-Identifier: Apache-2.0
#include "classic/delaunay.hpp"

#include <libqhull_r/qhull_ra.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
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

// The share of the time in which this share of the points got there: the first ones take longer, as each parts what is
// left of the others. Measured with half of the pixels of 1024x1024.
double time_share(double points) {
  return 0.05 + 0.12 * (1 - std::exp(-points / 0.02)) + 0.83 * points;
}

// Qhull's state, its input and its messages. It reports now and then while it works, which is when patience is asked.
// The reports tell the time by localtime(), whose memory all threads share: of two triangulations at once one may tell
// the other's, which nobody reads.
class Qhull {
 public:
  Qhull(std::vector<double> coordinates, Patience& patience)
      : coordinates_(std::move(coordinates)), patience_(patience) {
    messages_ = fopencookie(this, "w", {nullptr, listen, nullptr, nullptr});
    DIPPER_CHECK(messages_ != nullptr);
    (void)std::setvbuf(messages_, nullptr, _IONBF, 0);
    qh_zero(&state_, messages_);
  }
  ~Qhull() {
    qh_freeqhull(&state_, False);  // short memory goes below
    int left = 0;
    int left_bytes = 0;
    qh_memfreeshort(&state_, &left, &left_bytes);
    (void)std::fclose(messages_);
  }
  Qhull(const Qhull&) = delete;
  Qhull& operator=(const Qhull&) = delete;

  // Whether Qhull did it. Throws OutOfPatience, or what patience itself has thrown.
  [[nodiscard]] bool run(std::string options) {
    const auto points = static_cast<int>(coordinates_.size() / 2);
    const int code = qh_new_qhull(&state_, 2, points, coordinates_.data(), False, options.data(), nullptr, messages_);
    if (code == qh_ERRmem) throw std::bad_alloc();
    if (failure_) std::rethrow_exception(failure_);
    if (over_) throw OutOfPatience();
    return code == 0;
  }
  [[nodiscard]] const std::string& message() const { return text_; }

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
  // Called by way of C, which no exception may cross.
  static ssize_t listen(void* qhull, const char* text, std::size_t size) noexcept {
    Qhull& self = *static_cast<Qhull*>(qhull);
    self.text_.append(text, size);
    if (self.over_) return static_cast<ssize_t>(size);
    try {
      const auto points = static_cast<double>(self.coordinates_.size()) / 2;
      self.over_ = !self.patience_.go_on(time_share(self.state_.num_vertices / points));
    } catch (...) {
      self.failure_ = std::current_exception();
      self.over_ = true;
    }
    if (self.over_) self.state_.STOPadd = 1;  // it ends as if it had been told to stop after so many points
    return static_cast<ssize_t>(size);
  }

  qhT state_{};
  std::vector<double> coordinates_;  // x, y of each point
  Patience& patience_;
  bool over_ = false;
  std::exception_ptr failure_;
  std::FILE* messages_ = nullptr;
  std::string text_;
};

bool on_one_line(std::span<const GridPoint> points) {
  return points.size() < 3 || std::all_of(points.begin() + 2, points.end(),
                                          [&](GridPoint p) { return twice_area(points[0], points[1], p) == 0; });
}

}  // namespace

std::vector<Triangle> delaunay(std::span<const GridPoint> points, Patience& patience) {
  if (on_one_line(points)) return {};
  std::vector<double> coordinates;
  coordinates.reserve(2 * points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::array<std::uint32_t, 4> random = philox({static_cast<std::uint32_t>(i), 0, 0, 0}, {0, 0});
    coordinates.push_back(points[i].x + offset * double{unit_float(random[0])});
    coordinates.push_back(points[i].y + offset * double{unit_float(random[1])});
  }
  Qhull qhull(std::move(coordinates), patience);
  // d: Delaunay. Qbb: the lifted coordinate is scaled as the others are. Qz: a point at infinity, as all may lie on one
  // circle. Qt: facets that were merged all the same are cut into triangles. Pp: no remarks. Q5: nobody asks
  // how far points are beyond facets. TF: a report after so many facets, of which a point makes about six.
  if (!qhull.run("qhull d Qbb Qz Qt Pp Q5 TF5000")) {
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
