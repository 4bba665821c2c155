// SPDX-License-Identifier: Apache-2.0
#include "fit/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/check.hpp"

namespace dipper {
namespace {

// What counts as a gain: 0.02 dB, which nobody sees.
constexpr double gain = 0.9954;

double mean_of(std::span<const float> errors) {
  return std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
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
      best_{.picture = std::vector<float>(shape.size()), .blend = {}} {
  DIPPER_CHECK_EQ(y.size(), shape.size());
  DIPPER_CHECK(!held_out_.empty());
  for (Lowest* lowest : {&gained_, &gained_own_, &lowest_}) lowest->errors.resize(held_out_.pixels().size());
  early_.errors.resize(held_out_.pixels().size());
  if (!measure_.weights.empty()) DIPPER_CHECK_EQ(measure_.weights.size(), shape.plane());
  if (classic_.full.empty()) return;
  if (measure_.noise_doubt > 0) apart_.resize(shape_.plane());
  DIPPER_CHECK_EQ(classic_.full.size(), shape.size());
  if (classic_.noise.taken.empty()) DIPPER_CHECK_EQ(classic_.blind.size(), shape.size());
  DIPPER_CHECK_EQ(classic_.noise.near.size(), classic_.noise.taken.empty() ? 0 : shape.plane());
}

Blend Judge::blend_with(std::span<const float> x) const {
  if (classic_.full.empty()) return blend(held_out_, x, x, y_, shape_);
  return blend(held_out_, x, classic_.blind.empty() ? classic_.full : classic_.blind, y_, shape_, classic_.noise);
}

// How far it may be chance that these errors are larger than those: their difference's standard error. What is learned
// from hidden pixels is not unlearned, so a fit that seems a little worse at the few held out may well be better. But
// noise can be learned.
double Judge::doubt(std::span<const float> errors, const Lowest& lowest) const {
  if (!measure_.blind || !measure_.right || std::isinf(lowest.error)) return 0;
  PieceMean mean(held_out_.pieces());
  for (std::size_t n = 0; n < errors.size(); ++n) mean.add(n, double{errors[n]} - lowest.errors[n]);
  return mean.deviation();
}

// Whether they have fallen, without y's own noise, or may have.
bool Judge::has_gained(std::span<const float> errors, Lowest& before) const {
  const double noise = classic_.noise.mean_square;
  const double error = std::max(mean_of(errors) - noise, noise / 50);
  const bool gained = error - doubt(errors, before) < gain * before.error;
  if (error < gain * before.error) before.set(error, errors);
  return gained;
}

void Judge::look(int iteration, std::span<const float> x) {
  DIPPER_CHECK_EQ(x.size(), shape_.size());
  end_.reset();
  Blend found = blend_with(x);
  looked_at_ = iteration;
  look_early(iteration, x);
  look_apart(x);
  // A fit that is still behind the classical result adds nothing to it yet, but may once it has learned more.
  const bool better = has_gained(found.errors, gained_);
  const bool learned = has_gained(held_out_.errors(x, y_, shape_), gained_own_);
  if (better || learned) gained_at_ = iteration;
  if (!may_be_best(found)) return;
  if (found.error < lowest_.error) lowest_.set(found.error, found.errors);
  best_.at = iteration;
  best_.blend = std::move(found);
  std::copy(x.begin(), x.end(), best_.picture.begin());
}

void Judge::look_at_end(int iteration, std::span<const float> x) {
  DIPPER_CHECK_EQ(x.size(), shape_.size());
  end_.reset();
  Blend found = blend_with(x);
  if (may_be_best(found)) end_ = {iteration, {x.begin(), x.end()}, std::move(found)};
}

bool Judge::may_be_best(const Blend& found) const {
  return best_.at == 0 || found.error - doubt(found.errors, lowest_) < lowest_.error;
}

std::string Judge::reason() const {
  const int since = looked_at_ - best_.at;
  if (since > 0) return fmt::format("the error on held-out pixels has not fallen for {} iterations", since);
  return fmt::format("the error on held-out pixels has hardly fallen for {} iterations", looked_at_ - gained_at_);
}

void Judge::result(std::span<float> to) const {
  DIPPER_CHECK_EQ(to.size(), shape_.size());
  const std::vector<float>& picture = kept().picture;
  const std::span<const float> classic = classic_.full.empty() ? picture : classic_.full;
  const std::size_t plane = shape_.plane();
  for (int c = 0; c < shape_.channels; ++c) {
    for (std::size_t i = 0; i < plane; ++i) {
      const std::size_t at = c * plane + i;
      to[at] = classic[at] + kept().blend.share[i] * (picture[at] - classic[at]);
    }
  }
}

void Judge::visit(StateVisitor& visitor) {
  visitor.integer("judge.looked_at", looked_at_);
  visitor.integer("judge.best_at", best_.at);
  visitor.integer("judge.gained_at", gained_at_);
  for (const auto& [name, lowest] :
       {std::pair{"gained", &gained_}, std::pair{"gained_own", &gained_own_}, std::pair{"lowest", &lowest_}}) {
    visitor.number(fmt::format("judge.{}", name), lowest->error);
    visitor.tensor(fmt::format("judge/{}", name), {lowest->errors.size()}, lowest->errors);
  }
  visitor.integer("judge.early_at", early_.looked_at);
  visitor.number("judge.early", early_.of_known);
  visitor.tensor("judge/early", {early_.errors.size()}, early_.errors);
  if (!apart_.empty()) visitor.tensor("judge/apart", {apart_.size()}, apart_);
  visitor.tensor("judge/best", sizes_of(shape_), best_.picture);
  // What the last look found follows from that, so a resumed fit finds it again.
  if (best_.at > 0) best_.blend = blend_with(best_.picture);
}

}  // namespace dipper
