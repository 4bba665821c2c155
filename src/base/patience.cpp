// SPDX-License-Identifier: Apache-2.0
#include "base/patience.hpp"

#include <algorithm>
#include <limits>

namespace dipper {
namespace {

class Endless final : public Patience {
 public:
  [[nodiscard]] bool go_on(double /*done*/) override { return true; }
  [[nodiscard]] double seconds_left() override { return std::numeric_limits<double>::infinity(); }
};

class None final : public Patience {
 public:
  [[nodiscard]] bool go_on(double /*done*/) override { return false; }
  [[nodiscard]] double seconds_left() override { return 0; }
};

}  // namespace

Patience& Patience::endless() {
  static Endless endless;
  return endless;
}

Patience& Patience::none() {
  static None none;
  return none;
}

void check(Patience& patience, double done) {
  if (!patience.go_on(done)) throw OutOfPatience();
}

PatientWork::PatientWork(Patience& patience, std::size_t units)
    : patience_(patience), units_(static_cast<double>(std::max<std::size_t>(1, units))) {}

bool PatientWork::go_on(int worker) {
  const std::size_t done = ++done_;
  if (worker != 0 || over_) return !over_;  // the first worker is the thread that began
  try {
    if (!patience_.go_on(static_cast<double>(done) / units_)) over_ = true;
  } catch (...) {  // the other workers are to stop too
    failure_ = std::current_exception();
    over_ = true;
  }
  return !over_;
}

void PatientWork::finish() const {
  if (failure_) std::rethrow_exception(failure_);
  if (over_) throw OutOfPatience();
}

}  // namespace dipper
