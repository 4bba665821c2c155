// SPDX-License-Identifier: Apache-2.0
#include "fit/rollback.hpp"

#include <cmath>
#include <string>

namespace dipper {

bool Rollback::check(int iteration, float loss, std::span<const StatePart> state) {
  if (every_ == 0) return false;
  if (iteration % every_ != 0 && std::isfinite(loss)) return false;
  const bool collapsed = !good_.empty() && !(10 * std::log10(loss / good_loss_) <= drop_);  // NaN too
  if (collapsed) {
    for (std::size_t i = 0; i < state.size(); ++i) state[i].values->copy_from(good_[i]);
    return true;
  }
  if (!std::isfinite(loss)) return false;
  make_room(state);
  for (std::size_t i = 0; i < state.size(); ++i) good_[i].copy_from(*state[i].values);
  good_loss_ = loss;
  return false;
}

void Rollback::visit(StateVisitor& visitor, std::span<const StatePart> state) {
  if (every_ == 0) return;
  visitor.number("good/loss", good_loss_);
  if (std::isnan(good_loss_)) return;
  make_room(state);
  for (std::size_t i = 0; i < state.size(); ++i) {
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
