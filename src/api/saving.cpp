// SPDX-License-Identifier: Apache-2.0
#include "api/saving.hpp"

#include <fmt/format.h>

#include <new>
#include <utility>

namespace dipper {

Saving::Saving(const Settings& settings, const Origin& origin, const Target& target, Pace::Clock clock)
    : settings_(settings), clock_(std::move(clock)), saved_at_(clock_()) {
  if (!settings.checkpoint.empty() || !settings.resume.empty()) checkpoints_.emplace(origin, target);
}

std::string Saving::resume(Fit& fit, Judge* judge, Spread* spread) {
  return checkpoints_->resume(settings_.resume, fit, judge, spread);
}

bool Saving::is_due() const {
  return !settings_.checkpoint.empty() && clock_() - saved_at_ >= settings_.checkpoint_every;
}

bool Saving::is_due_at_end(bool stopped) const {
  return !settings_.checkpoint.empty() && (stopped || settings_.checkpoint_at_end);
}

std::string Saving::save(Fit& fit, Judge* judge, Spread* spread) {
  std::string note;
  try {
    checkpoints_->save(settings_.checkpoint, fit, judge, spread);
    saved_to_ = settings_.checkpoint;
  } catch (const Error& error) {
    note = fmt::format("there is no checkpoint of iteration {}: {}", fit.iteration(), error.what());
  } catch (const std::bad_alloc&) {
    note = fmt::format("there is no checkpoint of iteration {}: there was not enough memory for it", fit.iteration());
  }
  saved_at_ = clock_();
  return note;
}

}  // namespace dipper
