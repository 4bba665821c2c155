// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fit/errors.hpp"
#include "fit/held_out.hpp"
#include "fit/state.hpp"
#include "kernels/shape.hpp"
#include "tasks/noise_model.hpp"

namespace dipper {

/// What y is worth as a measure of errors.
struct Measure {
  std::vector<float> weights{};  // of y, [row][column], with the pixels held out; empty: errors() is not asked for
  bool right = true;             // y is the truth where a pixel's weight is 1; else it is as noisy as this says
  NoiseModel noise{};            // of that, in units of y; a sigma of 0: unknown
  double noise_doubt = 0;        // the standard error of its sigma, as a share of that
  bool blind = false;            // the fit tells each pixel that it knows from others alone, so there it errs as
                                 // it does elsewhere
  double hidden = 0;             // in this share of the steps, each pixel
};

/// Judges the iterates of a fit by pixels that the fit did not learn: which is the best, how much of a classical result
/// improves it, when going on is no use, and how far the result is from the truth where nothing was known.
class Judge {
 public:
  /// A result of another method, made with all that is known; empty where there is none. Where y is the truth, it
  /// repeats y at the pixels held out, so there is a second one, made without them. Where y is noisy, the noise tells
  /// how much of it the first has taken over.
  struct Classic {
    std::vector<float> full;   // [channel][row][column]
    std::vector<float> blind;  // the same; empty where y is noisy
    Noise noise{};
  };

  /// y: the observed values, [channel][row][column], which must outlive this. patience: iterations without a gain after
  /// which the fit is to stop; 0: never.
  Judge(HeldOut held_out, std::span<const float> y, const Shape& shape, Classic classic, int patience,
        Measure measure = {});

  /// Looks at x, a result after that many iterations, which is kept when it is the best so far.
  void look(int iteration, std::span<const float> x);

  /// Looks at x, what becomes of that iteration when the fit ends there; it is the result when it is the best. The next
  /// look forgets it and visit() leaves it out, so that a fit that goes on after all is judged as if it had never
  /// ended.
  void look_at_end(int iteration, std::span<const float> x);

  /// The pixels that the fit is not to learn.
  [[nodiscard]] const HeldOut& held_out() const { return held_out_; }

  /// Whether the last look was so long after the last gain, of the result or of the fit alone, that the fit should
  /// stop.
  [[nodiscard]] bool should_stop() const { return may_stop_at(looked_at_); }

  /// Whether a look at that iteration may tell it so.
  [[nodiscard]] bool may_stop_at(int iteration) const { return patience_ > 0 && iteration - gained_at_ >= patience_; }

  /// Why, as a clause; to be asked when it should.
  [[nodiscard]] std::string reason() const;

  /// The iteration of the best result; 0 before the first look.
  [[nodiscard]] int best_iteration() const { return kept().at; }

  /// The best result mixed with the classical one, [channel][row][column].
  void result(std::span<float> to) const;

  /// How much of the result is the fit's, from 0 to 1, on average over the picture.
  [[nodiscard]] double share() const { return kept().blend.mean_share; }

  /// The result's mean square difference from y where the fit got nothing, which holds y's noise, and the standard
  /// error of that figure.
  [[nodiscard]] double error() const { return kept().blend.error; }
  [[nodiscard]] double error_deviation() const { return kept().blend.error_deviation; }

  /// The classical result, [channel][row][column]; empty where there is none.
  [[nodiscard]] std::span<const float> classic() const { return classic_.full; }

  /// Whether errors() has to know how far the fit's results are spread.
  [[nodiscard]] bool asks_for_spread() const { return !measure_.blind; }

  /// How far the result is likely to be from the truth, pixel by pixel; none where y is no measure of that, or nothing
  /// was looked at. spread: Spread::squares() where it asks for them, else empty.
  [[nodiscard]] std::optional<Errors> errors(std::span<const float> spread = {}) const;

  void visit(StateVisitor& visitor);

 private:
  /// Of one of the pixels held out, whose error does not hold noise.
  struct Found {
    double fit = 0;     // the fit's square error
    double result = 0;  // the result's, where the classical one is blind too
    double model = 0;   // what a model expected of it
  };

  /// A factor, and its standard error as a share of it.
  struct Level {
    double factor;
    double deviation;
  };

  /// An error that was low, and at each pixel held out.
  struct Lowest {
    double error = std::numeric_limits<double>::infinity();
    std::vector<float> errors{};  // whose place stays the same

    void set(double new_error, std::span<const float> new_errors) {
      error = new_error;
      std::ranges::copy(new_errors, errors.begin());
    }
  };

  /// A result of the fit that was looked at.
  struct Kept {
    int at = 0;                  // which iteration's
    std::vector<float> picture;  // [channel][row][column]
    Blend blend;
  };

  /// A look at a fit that was too young to know pixels by heart, where single ones are held out.
  struct Early {
    int looked_at = 0;
    double of_known = 0;          // mean square error at the pixels that it learned from
    std::vector<float> errors{};  // at those held out
  };

  [[nodiscard]] double doubt(std::span<const float> errors, const Lowest& lowest) const;
  [[nodiscard]] bool has_gained(std::span<const float> errors, Lowest& before) const;
  [[nodiscard]] Blend blend_with(std::span<const float> x) const;
  [[nodiscard]] bool may_be_best(const Blend& found) const;
  [[nodiscard]] const Kept& kept() const { return end_ ? *end_ : best_; }
  void look_apart(std::span<const float> x);
  void look_early(int iteration, std::span<const float> x);
  [[nodiscard]] std::vector<float> known_and_learned() const;
  [[nodiscard]] std::vector<float> squares_of(std::span<const float> x) const;
  [[nodiscard]] float blind_result(std::size_t n, int channel) const;
  [[nodiscard]] std::vector<Found> find(std::span<const float> model) const;
  [[nodiscard]] Errors errors_of_blind_fit() const;
  [[nodiscard]] Level level_of(std::span<const Found> found, double of_known, double of_missing,
                               std::size_t missing) const;
  [[nodiscard]] Errors errors_by_spread(std::span<const float> spread) const;
  [[nodiscard]] Errors errors_in_noise() const;
  void mix_with_usual(std::span<const float> noise, std::span<float> squares) const;
  void measure_shares(Errors& errors) const;

  HeldOut held_out_;
  std::span<const float> y_;
  Shape shape_;
  Classic classic_;
  int patience_;
  Measure measure_;
  Kept best_;
  std::optional<Kept> end_;  // what is better when the fit ends
  int looked_at_ = 0;
  int gained_at_ = 0;
  Lowest gained_;      // of the result when it last fell
  Lowest gained_own_;  // and of the fit alone
  Lowest lowest_;      // of all results
  Early early_;
  std::vector<float> apart_;  // square of how far the last fit was from the classical result, where noise is doubtful
};

}  // namespace dipper
