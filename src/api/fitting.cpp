// SPDX-License-Identifier: Apache-2.0
#include "api/fitting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "api/judging.hpp"
#include "fit/explain.hpp"

namespace dipper {
namespace {

// A device makes so many before anybody waits for it.
constexpr int steps_at_once = 16;

std::optional<Membrane> make_membrane(const Recipe& recipe, const Observation& observation,
                                      std::span<const float> weights) {
  if (!recipe.seamless || !observation.keeps_known) return std::nullopt;
  const Image& damaged = observation.damaged;
  return Membrane(weights, damaged.colour_channels(), damaged.height, damaged.width);
}

}  // namespace

Fitting::Fitting(const FittingParts& parts, Pictures& pictures, Pace& pace)
    : settings_(parts.settings),
      observation_(parts.observation),
      backend_(*parts.device.backend),
      recipe_(parts.recipe),
      planned_by_recipe_(recipe_.iterations),
      pictures_(pictures),
      pace_(pace),
      values_(colours_of(observation_.damaged, parts.range)),
      weights_(observation_.weights),
      output_(observation_.like().colours().size()),
      result_(output_.size()),
      judge_(make_judge(observation_, recipe_, parts.range, settings_, values_, weights_)),
      membrane_(make_membrane(recipe_, observation_, weights_)),
      fit_(target(), recipe_, backend_, settings_.seed),
      saving_(settings_, {DIPPER_VERSION, parts.task.name, parts.device.origin, settings_.seed, recipe_}, target()) {
  progress_.width = observation_.like().width;
  progress_.height = observation_.like().height;
  progress_.iterations = recipe_.iterations;
  progress_.summary =
      fmt::format("{}; network {} of {} parameters, recipe {}, on {} ({})", observation_.summary, recipe_.network,
                  fit_.parameter_count(), recipe_.name, backend_.name(), backend_.description());
  plan_memory();
}

void Fitting::run(const ProgressCallback& callback) {
  if (!settings_.resume.empty()) resume();
  if (settings_.explain) {
    progress_.explanation = explain(fit_.measure(5, 2), fit_.memory(), backend_.measure_peak());
  }
  if (callback) callback(progress_);
  progress_.explanation.clear();
  progress_.note.clear();
  loop(callback);
  if (saving_.is_due_at_end(stopped_)) progress_.note = saving_.save(fit_, judge());
}

void Fitting::tell(Restoration& result) const {
  result.recipe = recipe_.name;
  result.device = backend_.name();
  result.iterations = progress_.iteration;
  result.resumed_from = progress_.resumed_from;
  result.iterations_per_second = progress_.iterations_per_second;
  result.stopped = stopped_;
  result.reason = reason_;
  result.expected = progress_.expected;
  result.checkpoint = saving_.saved_to();
  result.note = progress_.note;
  if (!judge_) return;
  result.best_iteration = judge_->best_iteration();
  if (observation_.classic == nullptr) return;
  result.classic = observation_.classic->name;
  result.classic_share = 1 - judge_->share();
}

Target Fitting::target() const {
  const Image& damaged = observation_.damaged;
  Target target{.shape = {damaged.colour_channels(), damaged.height, damaged.width},
                .values = values_,
                .weights = weights_,
                .error = observation_.error,
                .observed_by = observation_.observed_by,
                .scaling = observation_.scaling};
  if (observation_.guide) target.guide = observation_.guide->samples;
  return target;
}

// Three pictures come out of it, and one is copied on its way to a file; a judge keeps three more.
void Fitting::plan_memory() {
  const std::size_t pictures = judge_ ? 7 : 4;
  const std::size_t fitting = bytes_before_ + fit_.bytes() + (membrane_ ? membrane_->bytes() : 0) +
                              pictures * observation_.like().samples.size() * sizeof(float);
  progress_.planned_bytes = std::max(fitting, peak_resident_bytes());  // of the classical method
}

void Fitting::resume() {
  progress_.note = saving_.resume(fit_, judge());
  progress_.resumed_from = progress_.iteration = fit_.iteration();
  progress_.loss = fit_.loss();
  progress_.rollbacks = fit_.rollbacks();
  progress_.planned_bytes = std::max(progress_.planned_bytes, peak_resident_bytes());  // of reading it
  take_picture();  // there may be no step left to take one after
  forget_picture();
}

void Fitting::loop(const ProgressCallback& callback) {
  pace_.begin(progress_.resumed_from, backend_.on_host() ? 1 : steps_at_once);
  saving_.begin();
  bool over = steps_or_time_are_over() || judge_has_seen_enough();  // a resumed one may have ended before
  while (!over && !stopped_) {
    fit_.step();
    if (!is_time_to_wait()) continue;
    take_figures();
    plan();
    over = steps_or_time_are_over();
    const bool look = over || is_pictured();
    if (look) take_picture();
    over = over || judge_has_seen_enough();
    if (!over && saving_.is_due()) progress_.note = saving_.save(fit_, judge());
    stopped_ = callback && !callback(progress_) && !over;
    if (stopped_ && !look) take_picture();
    forget_picture();
    progress_.note.clear();
  }
}

// A host's steps are over when they return; of a device's somebody has to wait for the last one to know anything.
bool Fitting::is_time_to_wait() const {
  return backend_.on_host() || fit_.iteration() % steps_at_once == 0 || is_pictured() ||
         fit_.iteration() >= recipe_.iterations || fit_.looked() || saving_.is_due();
}

bool Fitting::is_pictured() const {
  return fit_.iteration() == 1 || fit_.iteration() % recipe_.every == 0;
}

void Fitting::take_figures() {
  progress_.loss = fit_.loss();
  const bool may_recover = fit_.will_look() && fit_.iteration() < recipe_.iterations;
  if (!std::isfinite(progress_.loss) && !may_recover) {
    throw FitError(fmt::format("the fit diverged in iteration {}: its loss is {}; lower adam.rate with --set",
                               fit_.iteration(), std::isnan(progress_.loss) ? "not a number" : "infinite"));
  }
  pace_.reach(fit_.iteration());
  progress_.iteration = fit_.iteration();
  progress_.rollbacks = fit_.rollbacks();
  progress_.seconds = pace_.seconds();
  progress_.iterations_per_second = pace_.iterations_per_second();
  progress_.seconds_left = pace_.seconds_for(recipe_.iterations - progress_.iteration);
}

// Whether there is no further step. Says why in reason_, where that is not their number alone.
bool Fitting::steps_or_time_are_over() {
  if (fit_.iteration() >= recipe_.iterations) return true;
  if (fit_.iteration() == progress_.resumed_from || pace_.seconds_to_spare() > 0) return false;
  reason_ = fmt::format("its {:g} seconds are over", settings_.time);
  return true;
}

// Whether further steps are no use. Says why in reason_.
bool Fitting::judge_has_seen_enough() {
  if (!judge_ || !judge_->should_stop()) return false;
  reason_ = judge_->reason();
  return true;
}

// A schedule has to know when the time will be over. What stops by itself may go on for longer than the recipe says.
void Fitting::plan() {
  if (settings_.iterations) return;
  const std::optional<int> iterations = pace_.plan(judge_ && recipe_.hold_out_patience > 0 ? 1e8 : planned_by_recipe_);
  if (!iterations) return;
  recipe_.iterations = *iterations;
  fit_.plan(recipe_.iterations);
  progress_.iterations = recipe_.iterations;
  progress_.seconds_left = pace_.seconds_to_spare();
}

void Fitting::take_picture() {
  const double began = pace_.seconds();
  fit_.output(output_);
  result_ = output_;
  if (fit_.averages()) fit_.average(result_);
  if (membrane_) membrane_->close_seams(values_, result_);
  if (judge_) {
    judge_->look(fit_.iteration(), result_);
    judge_->result(result_);
    progress_.expected = expected();
  }
  pictures_.show(result_, output_);
  pictures_.lend(progress_);
  pace_.picture_took(pace_.seconds() - began);
}

void Fitting::forget_picture() {
  progress_.picture = nullptr;
  progress_.raw = nullptr;
  progress_.psnr.reset();
  progress_.raw_psnr.reset();
}

// Where the fit got nothing, y is right unless it is noisy.
std::optional<Expectation> Fitting::expected() const {
  if (!observation_.keeps_known || !(judge_->error() > 0)) return std::nullopt;
  constexpr double decibel = 4.343;  // of a relative error of 1
  return Expectation{-10 * std::log10(judge_->error()), 2 * decibel * judge_->error_deviation() / judge_->error()};
}

}  // namespace dipper
