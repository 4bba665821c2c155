// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fit/recipe.hpp"
#include "fit/state.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"

namespace dipper {

/// What further steps of a fit do not mend.
enum class Mishap {
  not_finite,  ///< its loss is infinite or no number
  constant     ///< its network draws one value everywhere, and the target is far from such a picture
};

/// Takes a fit back when it goes wrong. Every so many steps what a step changes is kept: the weights, both of Adam's
/// means and the average of outputs. They come back after a mishap, and from then on the learning rate is half of what
/// it was; after three of them the next one is the end.
///
/// Where the recipe says so, they also come back after a loss that is worse than the kept state's by more than so many
/// dB, any number of times and at the same rate. The paper's code does this for denoising, where a network near
/// overfitting sometimes loses all in a few steps.
class Rollback {
 public:
  static constexpr int most_tries = 3;

  Rollback(const Recipe& recipe, Backend& backend)
      : backend_(&backend), every_(recipe.rollback_every), drop_(recipe.rollback_drop) {}

  /// Whether check() is to be asked in that iteration, counted from 1.
  [[nodiscard]] bool looks(int iteration) const { return iteration == 1 || iteration % every_ == 0; }

  /// What a step that is looked at saw, before it changed the state.
  struct Seen {
    int iteration = 0;  ///< counted from 1
    float loss = 0;
    bool constant = false;  ///< see Mishap
  };

  /// Keeps the state, or takes it back. `state`: what a step changes; always the same parts. Returns whether it was
  /// taken back.
  bool check(const Seen& seen, std::span<const StatePart> state);

  /// After a mishap, between looks too. Does nothing but count where there is nothing to go back to.
  void take_back(Mishap mishap, std::span<const StatePart> state);

  /// The last mishap since this was asked.
  [[nodiscard]] std::optional<Mishap> take_mishap() { return std::exchange(mishap_, std::nullopt); }

  /// What is left of the learning rate.
  [[nodiscard]] double rate() const;

  /// Whether there was one mishap too many. The state is then the last good one, if there was any.
  [[nodiscard]] bool lost() const { return mishaps_ > most_tries || (mishaps_ > 0 && good_iteration_ == 0); }

  /// The iteration whose state was kept last, counted from 1; 0 before there was one.
  [[nodiscard]] int good_iteration() const { return good_iteration_; }

  /// The last good state; its parts are those of `state`.
  void visit(StateVisitor& visitor, std::span<const StatePart> state);

 private:
  void make_room(std::span<const StatePart> state);
  void bring_back(std::span<const StatePart> state) const;

  Backend* backend_;
  int every_;
  double drop_;  // dB; 0: however bad, it stays
  int mishaps_ = 0;
  std::optional<Mishap> mishap_;
  double good_loss_ = 0;
  int good_iteration_ = 0;
  std::vector<Buffer> good_;  // empty before the first good state
};

}  // namespace dipper
