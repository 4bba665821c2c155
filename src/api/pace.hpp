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

  /// The time begins here.
  explicit Pace(Clock clock = steady_clock());

  /// All that is made with this pace may take so many seconds from its beginning; 0: any.
  void limit(double seconds) { limit_ = seconds; }

  /// A clock that nobody sets.
  [[nodiscard]] static Clock steady_clock();

  /// The first iteration of this run comes next; an earlier run had finished so many. steps_at_once: iterations from
  /// one look at the clock to the next.
  void begin(int finished, int steps_at_once);

  /// So many are finished now.
  void reach(int iteration);

  /// What the picture at the end is going to take.
  void expect_picture(double seconds) { picture_seconds_ = seconds; }

  /// Seconds that went by with something else than iterations, and say nothing of their speed.
  void leave_out(double seconds) { fit_began_ += seconds; }

  /// Seconds that went by without counting at all.
  void pause(double seconds);

  /// Since the time began.
  [[nodiscard]] double seconds() const { return clock_() - began_; }

  [[nodiscard]] double iterations_per_second() const { return per_second_; }

  /// Until all has to be over; infinite without a limit.
  [[nodiscard]] double seconds_left() const;

  /// That so many iterations take.
  [[nodiscard]] double seconds_for(double iterations) const;

  /// Left for further iterations, when one more look at the clock and the picture at the end are taken off; infinite
  /// without a limit.
  [[nodiscard]] double seconds_to_spare() const;

  /// The picture at the end included: until so many iterations are made.
  [[nodiscard]] double seconds_until(int iteration) const;

  /// How many iterations there can be in all in the time, at most `most`; nothing without a limit, and before a few of
  /// them have told the speed.
  [[nodiscard]] std::optional<int> plan(double most) const;

 private:
  Clock clock_;
  double limit_ = 0;
  double began_;
  double fit_began_;
  int steps_at_once_ = 1;
  int finished_before_ = 0;
  int iteration_ = 0;
  double per_second_ = 0;
  double picture_seconds_ = 0;
};

}  // namespace dipper
