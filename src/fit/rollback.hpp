// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "fit/recipe.hpp"
#include "fit/state.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"

namespace dipper {

/// Takes a fit back when it collapses: every so many steps its loss is held against that of the last good state. When
/// it is worse by more than the recipe's drop in dB, or in any step that is looked at no finite number, the weights,
/// both of Adam's means and the average of outputs become again what they were. The paper's code does this for
/// denoising, where a network near overfitting sometimes loses all in a few steps.
class Rollback {
 public:
  Rollback(const Recipe& recipe, Backend& backend)
      : backend_(&backend), every_(recipe.rollback_every), drop_(recipe.rollback_drop) {}

  /// Whether check() needs to know the loss of that iteration, counted from 1: in every one where that costs nothing.
  [[nodiscard]] bool looks(int iteration) const {
    return every_ > 0 && (backend_->on_host() || iteration % every_ == 0);
  }

  /// Where it looks. `state`: what a step changes; always the same parts. Before that step has changed it, with the
  /// loss of `iteration`, counted from 1. Returns whether it was taken back.
  bool check(int iteration, float loss, std::span<const StatePart> state);

  /// The last good state; its parts are those of `state`.
  void visit(StateVisitor& visitor, std::span<const StatePart> state);

 private:
  void make_room(std::span<const StatePart> state);

  Backend* backend_;
  int every_;                                                    // 0: never
  double drop_;                                                  // dB
  double good_loss_ = std::numeric_limits<double>::quiet_NaN();  // before the first good state
  std::vector<Buffer> good_;                                     // empty before it
};

}  // namespace dipper
