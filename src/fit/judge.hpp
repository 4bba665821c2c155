// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "fit/held_out.hpp"
#include "fit/state.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// Judges the iterates of a fit by pixels that the fit did not get: which is the best, how much of a classical result
/// improves it, when going on is no use, and how far the result is from the truth where nothing was known.
class Judge {
 public:
  /// A result of another method, made with all that is known; empty where there is none. Where y is the truth, it
  /// repeats y at the pixels held out, so there is a second one, made without them. Where y is noisy, it has taken over
  /// some of its noise: how much, for each pixel, taken_noise() tells.
  struct Classic {
    std::vector<float> full;         // [channel][row][column]
    std::vector<float> blind;        // the same
    std::vector<float> taken_noise;  // [row][column]; empty where y is the truth
  };

  /// y: the observed values, [channel][row][column], which must outlive this. patience: iterations without a gain after
  /// which the fit is to stop; 0: never.
  Judge(HeldOut held_out, std::span<const float> y, const Shape& shape, Classic classic, int patience);

  /// Looks at x, a result after that many iterations, which is kept when it is the best so far.
  void look(int iteration, std::span<const float> x);

  /// Whether the last look was so long after the last gain, of the result or of the fit alone, that the fit should
  /// stop.
  [[nodiscard]] bool should_stop() const { return patience_ > 0 && looked_at_ - gained_at_ >= patience_; }

  /// Why, as a clause; to be asked when it should.
  [[nodiscard]] std::string reason() const;

  /// The iteration of the best result; 0 before the first look.
  [[nodiscard]] int best_iteration() const { return best_at_; }

  /// The best result mixed with the classical one, [channel][row][column].
  void result(std::span<float> to) const;

  /// How much of the result is the fit's, from 0 to 1, on average over the picture.
  [[nodiscard]] double share() const { return blend_.mean_share; }

  /// The result's mean square difference from y where the fit got nothing, which holds y's noise, and the standard
  /// error of that figure.
  [[nodiscard]] double error() const { return blend_.error; }
  [[nodiscard]] double error_deviation() const { return blend_.error_deviation; }

  void visit(StateVisitor& visitor);

 private:
  [[nodiscard]] Blend blend_with(std::span<const float> x) const;

  HeldOut held_out_;
  std::span<const float> y_;
  Shape shape_;
  Classic classic_;
  int patience_;
  std::vector<float> best_;
  Blend blend_;  // of the best
  int looked_at_ = 0;
  int best_at_ = 0;
  int gained_at_ = 0;
  double gained_error_ = std::numeric_limits<double>::infinity();      // of the result when it last fell
  double gained_own_error_ = std::numeric_limits<double>::infinity();  // and of the fit alone
};

}  // namespace dipper
