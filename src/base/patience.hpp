// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>

namespace dipper {

/// Somebody who waits for work that takes a while: hears how far it is, and may end it.
class Patience {
 public:
  virtual ~Patience() = default;

  /// To be asked some times a second, on the thread that the work was begun on: whether to go on, now that the share
  /// `done` of it, 0 to 1, is made. Once the answer was no, it stays so.
  [[nodiscard]] virtual bool go_on(double done) = 0;

  /// What the work may still take; infinite where nobody minds.
  [[nodiscard]] virtual double seconds_left() = 0;

  /// That of somebody who does not mind.
  [[nodiscard]] static Patience& endless();

  /// That of somebody who wants no more than has to be.
  [[nodiscard]] static Patience& none();
};

/// Thrown by work that was ended: there is no result.
class OutOfPatience : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "somebody had no patience"; }
};

/// Throws OutOfPatience when it is not to go on.
void check(Patience& patience, double done);

/// The patience for a part of some work: the share `whole` of all, after the share `before` of it.
class PartOf final : public Patience {
 public:
  PartOf(Patience& all, double before, double whole) : all_(all), before_(before), whole_(whole) {}
  [[nodiscard]] bool go_on(double done) override { return all_.go_on(before_ + whole_ * done); }
  [[nodiscard]] double seconds_left() override { return all_.seconds_left(); }

 private:
  Patience& all_;
  double before_;
  double whole_;
};

/// Work whose units the workers of a ThreadPool do, in any order, and which stops for all of them when patience ends.
class PatientWork {
 public:
  PatientWork(Patience& patience, std::size_t units);

  /// After each unit, by whoever did it: whether to go on with the next.
  [[nodiscard]] bool go_on(int worker);

  /// When all workers have ended. Throws OutOfPatience, or what patience itself has thrown.
  void finish() const;

 private:
  Patience& patience_;
  double units_;
  std::atomic<std::size_t> done_{0};
  std::atomic<bool> over_{false};
  std::exception_ptr failure_;  // of the first worker's, which is who asks
};

}  // namespace dipper
