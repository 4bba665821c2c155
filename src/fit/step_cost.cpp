// SPDX-License-Identifier: Apache-2.0
#include "fit/step_cost.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace dipper {
namespace {

constexpr int corner = 128;
constexpr int most_steps = 8;
constexpr double enough = 0.15;  // seconds: others may want the machine as well, and it is to be seen how much
constexpr double more = 1.3;     // for a pixel of a large picture, which caches do not hold

int corner_of(int side) {
  return std::min(side, corner);
}

}  // namespace

double seconds_of_a_step(const Target& target, const Recipe& recipe, Backend& backend) {
  if (recipe.in_tiles()) return 0;
  Target part = target;
  part.held_out = {};
  const int stride = target.observed_by ? target.observed_by->stride : 1;
  part.shape.height = corner_of(target.shape.height);
  part.shape.width = corner_of(target.shape.width);
  if (part.observed_by) {
    part.observed_by->height = corner_of(target.shape.height) * stride;
    part.observed_by->width = corner_of(target.shape.width) * stride;
  }
  const std::vector<float> values(part.shape.size(), 0.5F);
  const std::vector<float> weights(part.shape.plane(), 1.0F);
  const std::vector<float> guide(target.guide.size() / target.picture().plane() * part.picture().plane(), 0.5F);
  part.values = values;
  part.weights = weights;
  part.guide = guide;
  Fit fit(part, recipe, backend, 0);
  fit.step();  // the first one also fetches its memory
  static_cast<void>(fit.loss());
  const auto began = std::chrono::steady_clock::now();
  std::chrono::duration<double> took{};
  int steps = 0;
  for (; steps < most_steps && took.count() < enough; ++steps) {
    fit.step();
    static_cast<void>(fit.loss());
    took = std::chrono::steady_clock::now() - began;
  }
  const auto seen = static_cast<double>(seen_at_once(recipe, target.picture()).plane());
  const double times = seen / static_cast<double>(part.picture().plane());
  return took.count() / steps * times * (times > 1 ? more : 1);
}

}  // namespace dipper
