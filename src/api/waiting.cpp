// SPDX-License-Identifier: Apache-2.0
#include "api/waiting.hpp"

#include <utility>

namespace dipper {
namespace {

constexpr double pause = 0.1;  // seconds from one question to the next
constexpr double first = 0.5;  // and to the first one: what is short is over by then, else it has told its speed

}  // namespace

Waiting::Waiting(std::string stage, double seconds, Result result, const Listener& listener)
    : stage_(std::move(stage)),
      seconds_(seconds),
      result_(result),
      listener_(listener),
      began_(listener.pace.seconds()),
      asked_(began_ + first - pause) {}

bool Waiting::go_on(double done) {
  if (stopped_ || late_) return false;
  const double now = listener_.pace.seconds();
  if (now - asked_ < pause) return true;
  asked_ = now;
  const double spent = now - began_;
  if (done > 0) expected_ = spent / done;
  late_ = spent > seconds_ || (result_ == Result::whole && expected_ > seconds_);
  Progress& progress = listener_.progress;
  progress.stage = stage_;
  progress.stage_done = done;
  progress.seconds = now;
  stopped_ = listener_.callback && !listener_.callback(progress);
  progress.stage.clear();
  return !stopped_ && !late_;
}

double Waiting::seconds_left() {
  return stopped_ || late_ ? 0 : seconds_ - (listener_.pace.seconds() - began_);
}

}  // namespace dipper
