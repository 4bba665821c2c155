// SPDX-License-Identifier: Apache-2.0
#include "fit/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace dipper {
namespace {

// What counts as a gain: 0.02 dB, which nobody sees.
constexpr double gain = 0.9954;

// Since the last time that it had, whose error `before` is.
// noise: what of it is y's own, as far as that is known.
bool has_fallen(double error, double noise, double& before) {
  error = std::max(error - noise, noise / 50);
  if (!(error < gain * before)) return false;
  before = error;
  return true;
}

}  // namespace

Judge::Judge(HeldOut held_out, std::span<const float> y, const Shape& shape, Classic classic, int patience,
             Measure measure)
    : held_out_(std::move(held_out)),
      y_(y),
      shape_(shape),
      classic_(std::move(classic)),
      patience_(patience),
      measure_(std::move(measure)),
      best_(shape.size()) {
  DIPPER_CHECK_EQ(y.size(), shape.size());
  DIPPER_CHECK(!held_out_.empty());
  if (!measure_.weights.empty()) DIPPER_CHECK_EQ(measure_.weights.size(), shape.plane());
  if (classic_.full.empty()) return;
  DIPPER_CHECK_EQ(classic_.full.size(), shape.size());
  if (classic_.noise.taken.empty()) DIPPER_CHECK_EQ(classic_.blind.size(), shape.size());
  DIPPER_CHECK_EQ(classic_.noise.near.size(), classic_.noise.taken.empty() ? 0 : shape.plane());
}

Blend Judge::blend_with(std::span<const float> x) const {
  if (classic_.full.empty()) return blend(held_out_, x, x, y_, shape_);
  return blend(held_out_, x, classic_.blind.empty() ? classic_.full : classic_.blind, y_, shape_, classic_.noise);
}

void Judge::look(int iteration, std::span<const float> x) {
  DIPPER_CHECK_EQ(x.size(), shape_.size());
  Blend found = blend_with(x);
  looked_at_ = iteration;
  const double noise = classic_.noise.mean_square;
  // A fit that is still behind the classical result adds nothing to it yet, but may once it has learned more.
  const bool better = has_fallen(found.error, noise, gained_error_);
  const bool learned = has_fallen(held_out_.error(x, y_, shape_), noise, gained_own_error_);
  if (better || learned) gained_at_ = iteration;
  if (best_at_ > 0 && found.error >= blend_.error) return;
  best_at_ = iteration;
  blend_ = std::move(found);
  std::copy(x.begin(), x.end(), best_.begin());
}

std::string Judge::reason() const {
  const int since = looked_at_ - best_at_;
  if (since > 0) return fmt::format("the error on held-out pixels has not fallen for {} iterations", since);
  return fmt::format("the error on held-out pixels has hardly fallen for {} iterations", looked_at_ - gained_at_);
}

void Judge::result(std::span<float> to) const {
  DIPPER_CHECK_EQ(to.size(), shape_.size());
  const std::span<const float> classic = classic_.full.empty() ? best_ : classic_.full;
  const std::size_t plane = shape_.plane();
  for (int c = 0; c < shape_.channels; ++c) {
    for (std::size_t i = 0; i < plane; ++i) {
      const std::size_t at = c * plane + i;
      to[at] = classic[at] + blend_.share[i] * (best_[at] - classic[at]);
    }
  }
}

void Judge::visit(StateVisitor& visitor) {
  visitor.integer("judge.looked_at", looked_at_);
  visitor.integer("judge.best_at", best_at_);
  visitor.integer("judge.gained_at", gained_at_);
  visitor.number("judge.gained_error", gained_error_);
  visitor.number("judge.gained_own_error", gained_own_error_);
  visitor.tensor("judge/best", sizes_of(shape_), best_);
  // What the last look found follows from that, so a resumed fit finds it again.
  if (best_at_ > 0) blend_ = blend_with(best_);
}

}  // namespace dipper
