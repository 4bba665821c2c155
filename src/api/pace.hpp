// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

namespace dipper {

/// How fast a fit goes, and what can still be done in the time that all may take.
class Pace {
 public:
  /// Seconds since some moment.
  using Clock = std::function<double()>;

  /// The time begins here. limit: seconds; 0: any.
  explicit Pace(double limit, Clock clock = steady_clock());

  /// A clock that nobody sets.
  [[nodiscard]] static Clock steady_clock();

  /// The first iteration of this run comes next; an earlier run had finished so many. steps_at_once: iterations from
  /// one look at the clock to the next.
  void begin(int finished, int steps_at_once);

  /// So many are finished now.
  void reach(int iteration);

  /// The last picture took so long to make.
  void picture_took(double seconds) { picture_seconds_ = seconds; }

  /// Since the time began.
  [[nodiscard]] double seconds() const { return clock_() - began_; }

  [[nodiscard]] double iterations_per_second() const { return per_second_; }

  /// That so many iterations take.
  [[nodiscard]] double seconds_for(double iterations) const;

  /// Left for further iterations, when one more look at the clock and a last picture are taken off; infinite without a
  /// limit.
  [[nodiscard]] double seconds_to_spare() const;

  /// How many iterations there can be in all in the time, at most `most`; nothing without a limit, and before a few of
  /// them have told the speed.
  [[nodiscard]] std::optional<int> plan(double most) const;

 private:
  Clock clock_;
  double limit_;
  double began_;
  double fit_began_;
  int steps_at_once_ = 1;
  int finished_before_ = 0;
  int iteration_ = 0;
  double per_second_ = 0;
  double picture_seconds_ = 0;
};

}  // namespace dipper
