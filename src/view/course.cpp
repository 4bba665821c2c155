// SPDX-License-Identifier: Apache-2.0
#include "view/course.hpp"

#include <algorithm>
#include <iterator>

namespace dipper::view {

bool Course::follow(const Progress& progress) {
  if (!progress.stage.empty() || progress.iteration <= progress.resumed_from) return false;  // only the plan
  Point point{.iteration = progress.iteration, .seconds = progress.seconds, .loss = progress.loss};
  const bool has_picture = progress.picture != nullptr;
  if (has_picture) {
    point.psnr = raw_ ? progress.raw_psnr : progress.psnr;
    if (progress.expected) point.expected = progress.expected->psnr;
  }
  (has_picture ? with_picture_ : without_).add([&point] { return point; });
  last_ = point;
  return true;
}

void Course::finish(const Restoration& restoration) {
  if (!last_) return;
  last_->psnr = raw_ ? restoration.raw_psnr : restoration.psnr;
  if (restoration.expected) last_->expected = restoration.expected->psnr;
}

std::vector<Course::Point> Course::points() const {
  std::vector<Point> points;
  std::ranges::merge(with_picture_.kept(), without_.kept(), std::back_inserter(points), {}, &Point::iteration,
                     &Point::iteration);
  if (!points.empty() && points.back().iteration == last_->iteration) points.pop_back();
  if (last_) points.push_back(*last_);
  return points;
}

}  // namespace dipper::view
