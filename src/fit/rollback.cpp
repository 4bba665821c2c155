// SPDX-License-Identifier: Apache-2.0
#include "fit/rollback.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace dipper {

bool Rollback::check(const Seen& seen, std::span<const StatePart> state) {
  const bool finite = std::isfinite(seen.loss);
  if (!finite || seen.constant) {
    take_back(finite ? Mishap::constant : Mishap::not_finite, state);
    return good_iteration_ > 0;
  }
  if (drop_ > 0 && good_iteration_ > 0 && 10 * std::log10(seen.loss / good_loss_) > drop_) {
    bring_back(state);
    return true;
  }
  make_room(state);
  for (std::size_t i = 0; i < state.size(); ++i) good_[i].copy_from(*state[i].values);
  good_loss_ = seen.loss;
  good_iteration_ = seen.iteration;
  return false;
}

void Rollback::take_back(Mishap mishap, std::span<const StatePart> state) {
  ++mishaps_;
  mishap_ = mishap;
  if (good_iteration_ > 0) bring_back(state);
}

double Rollback::rate() const {
  return std::ldexp(1.0, -std::min(mishaps_, most_tries));
}

void Rollback::bring_back(std::span<const StatePart> state) const {
  for (std::size_t i = 0; i < state.size(); ++i) state[i].values->copy_from(good_[i]);
}

void Rollback::visit(StateVisitor& visitor, std::span<const StatePart> state) {
  visitor.integer("mishaps", mishaps_);
  visitor.integer("good/iteration", good_iteration_);
  if (good_iteration_ == 0) return;
  visitor.number("good/loss", good_loss_);
  make_room(state);
  for (std::size_t i = 0; i < state.size(); ++i) {
    if (good_[i].empty()) continue;
    visit_buffer(visitor, std::string("good/") + state[i].name, {good_[i].size()}, good_[i]);
  }
}

void Rollback::make_room(std::span<const StatePart> state) {
  if (!good_.empty()) return;
  for (const StatePart& part : state) {
    good_.push_back(part.values->empty() ? Buffer() : Buffer(*backend_, part.values->size()));
  }
}

}  // namespace dipper
