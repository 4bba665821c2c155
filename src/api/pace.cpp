// SPDX-License-Identifier: Apache-2.0
#include "api/pace.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

namespace dipper {
namespace {

// Iterations that tell how fast they are.
constexpr int telling = 3;

}  // namespace

Pace::Pace(Clock clock) : clock_(std::move(clock)), began_(clock_()), fit_began_(began_) {}

Pace::Clock Pace::steady_clock() {
  return [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
}

void Pace::begin(int finished, int steps_at_once) {
  fit_began_ = clock_();
  finished_before_ = iteration_ = finished;
  steps_at_once_ = steps_at_once;
}

void Pace::reach(int iteration) {
  const double fitting = clock_() - fit_began_;
  iteration_ = iteration;
  per_second_ = fitting > 0 ? (iteration - finished_before_) / fitting : 0;
}

void Pace::pause(double seconds) {
  began_ += seconds;
  fit_began_ += seconds;
}

double Pace::seconds_for(double iterations) const {
  return iterations / std::max(per_second_, 1e-9);
}

double Pace::seconds_left() const {
  return limit_ > 0 ? limit_ - seconds() : std::numeric_limits<double>::infinity();
}

double Pace::seconds_to_spare() const {
  if (limit_ <= 0) return std::numeric_limits<double>::infinity();
  return seconds_left() - seconds_for(steps_at_once_ + 0.5) - 1.2 * picture_seconds_;
}

double Pace::seconds_until(int iteration) const {
  return seconds_for(iteration - iteration_) + picture_seconds_;
}

std::optional<int> Pace::plan(double most) const {
  const double seconds = seconds_to_spare();
  if (std::isinf(seconds) || iteration_ < finished_before_ + telling) return std::nullopt;
  return static_cast<int>(std::min(most, iteration_ + std::max(1.0, seconds * per_second_)));
}

}  // namespace dipper
