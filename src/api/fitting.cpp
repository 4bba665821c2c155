// SPDX-License-Identifier: Apache-2.0
#include "api/fitting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "api/waiting.hpp"
#include "fit/explain.hpp"

namespace dipper {
namespace {

// A device makes so many before anybody waits for it.
constexpr int steps_at_once = 16;

// Seconds that somebody waits who has asked for the end.
constexpr double most_hurried = 2;

std::optional<Seams> make_seams(const Recipe& recipe, const Observation& observation, const Judging& judging) {
  if (!recipe.seamless || !observation.keeps_known) return std::nullopt;
  const Image& damaged = observation.damaged;
  const Shape picture{damaged.colour_channels(), damaged.height, damaged.width};
  return std::make_optional<Seams>(judging.weights, picture, judging.excerpt);
}

// A network that sees tiles has its views, in the end.
std::optional<Spread> make_spread(const Recipe& recipe, const Observation& observation,
                                  const std::optional<Judge>& judge) {
  if (recipe.in_tiles() || (judge && !judge->asks_for_spread())) return std::nullopt;
  const Image& picture = observation.like();
  return Spread({picture.colour_channels(), picture.height, picture.width});
}

}  // namespace

Target target_of(const Observation& observation, const Judging& judging) {
  if (judging.excerpt) {
    const Excerpt& seen = *judging.excerpt;
    return {.shape = seen.shape(), .values = seen.values(), .weights = seen.weights()};
  }
  const Image& damaged = observation.damaged;
  Target target{.shape = {damaged.colour_channels(), damaged.height, damaged.width},
                .values = judging.values,
                .weights = judging.weights,
                .observed_by = observation.observed_by,
                .scaling = observation.scaling};
  if (judging.trying) target.again = judging.trying->again(observation);
  if (observation.guide) target.guide = observation.guide->samples;
  // Strokes are few, and what is averaged of them would be of fewer and older outputs than what is missing.
  if (judging.judge && judging.judge->held_out().single()) target.held_out = judging.judge->held_out().pixels();
  return target;
}

Fitting::Fitting(const FittingParts& parts, Judging judging, Pictures& pictures, Pace& pace)
    : settings_(parts.settings),
      observation_(parts.observation),
      range_(parts.range),
      backend_(*parts.device.backend),
      recipe_(parts.recipe),
      planned_by_recipe_(recipe_.iterations),
      pictures_(pictures),
      pace_(pace),
      judging_(std::move(judging)),
      drawn_(judging_.excerpt ? judging_.excerpt->shape().size() : 0),
      output_(observation_.like().colours().size()),
      result_(output_.size()),
      spread_(make_spread(recipe_, observation_, judging_.judge)),
      seams_(make_seams(recipe_, observation_, judging_)),
      fit_(target_of(observation_, judging_), recipe_, backend_, settings_.seed),
      saving_(settings_,
              {DIPPER_VERSION, parts.task.name, parts.device.origin, settings_.seed, recipe_,
               settings_.iterations.has_value()},
              target_of(observation_, judging_)) {
  progress_.width = observation_.like().width;
  progress_.height = observation_.like().height;
  progress_.iterations = recipe_.iterations;
  progress_.summary =
      fmt::format("{}; network {} of {} parameters, recipe {}, on {} ({})", observation_.summary, recipe_.network,
                  fit_.parameter_count(), recipe_.name, backend_.name(), backend_.description());
  if (judging_.excerpt) progress_.summary += "; it sees " + judging_.excerpt->description();
  if (!judging_.note.empty()) progress_.summary += "; " + judging_.note;
  plan_memory();
}

void Fitting::run(const ProgressCallback& callback) {
  if (!settings_.resume.empty()) resume();
  if (settings_.explain) {
    progress_.explanation = explain(fit_.measure(5, 2), fit_.memory(), backend_.measure_peak());
  }
  if (observation_.truth) progress_.damaged = &observation_.damaged;
  if (callback) callback(progress_);
  progress_.damaged = nullptr;
  progress_.explanation.clear();
  progress_.note.clear();
  loop(callback);
  if (saving_.is_due_at_end(stopped_)) progress_.note = saving_.save(fit_, judge(), spread());
  if (settings_.uncertainty) uncertainty_ = uncertainty(callback);
}

void Fitting::tell(Restoration& result) {
  result.recipe = recipe_.name;
  result.recipe_text = to_text(recipe_);
  result.device = backend_.name();
  result.iterations = progress_.iteration;
  result.resumed_from = progress_.resumed_from;
  result.iterations_per_second = progress_.iterations_per_second;
  result.stopped = stopped_;
  result.reason = reason_;
  result.failure = failure_;
  result.expected = progress_.expected;
  result.checkpoint = saving_.saved_to();
  result.note = progress_.note;
  if (result.note.empty()) result.note = judging_.note;
  result.uncertainty = std::move(uncertainty_);
  if (!judging_.classic.empty()) {
    result.classic = judging_.classic;
    result.classic_share = classic_share_;
  }
  if (judge() != nullptr) result.best_iteration = judge()->best_iteration();
}

// Three pictures come out of it, and one is copied on its way to a file; a judge keeps three more.
void Fitting::plan_memory() {
  // Of code, libraries and stacks, first touched then where no classical method has done so; measured.
  const std::size_t program = judging_.classic.empty() ? 12'000'000 : 0;
  const std::size_t pictures = judge() != nullptr ? most_pictures_kept : most_pictures_kept - 3;
  const std::size_t fitting = bytes_before_ + program + fit_.bytes() + (seams_ ? seams_->bytes() : 0) +
                              (judging_.excerpt ? judging_.excerpt->bytes() : 0) +
                              pictures * observation_.like().samples.size() * sizeof(float);
  progress_.planned_bytes = std::max(fitting, peak_resident_bytes());  // of the classical method
}

void Fitting::resume() {
  progress_.note = saving_.resume(fit_, judge(), spread());
  if (fit_.lost()) {
    throw Error(fmt::format("the fit in {} diverged, also at lower rates; begin anew, with another adam.rate or --seed",
                            settings_.resume.string()));
  }
  progress_.resumed_from = progress_.iteration = fit_.iteration();
  progress_.loss = fit_.loss();
  progress_.rollbacks = fit_.rollbacks();
  progress_.planned_bytes = std::max(progress_.planned_bytes, peak_resident_bytes());  // of reading it
  if (settings_.iterations || fit_.iteration() < recipe_.iterations) return;
  // It went on for longer than its recipe says, and may do so again.
  constexpr int some = 10;
  recipe_.iterations = fit_.iteration() + (settings_.time > 0 && may_go_on() ? some : 0);
  fit_.plan(recipe_.iterations);
  progress_.iterations = recipe_.iterations;
}

void Fitting::loop(const ProgressCallback& callback) {
  pace_.begin(progress_.resumed_from, backend_.on_host() ? 1 : steps_at_once);
  saving_.begin();
  bool over = steps_or_time_are_over() || judge_has_seen_enough();  // a resumed one may have ended before
  if (over) {
    measure_picture();
    take_last_picture(last_look(Look::passing), callback);
  }
  while (!over && !stopped_) {
    fit_.step();
    if (!is_time_to_wait(fit_.iteration())) continue;
    take_figures();
    if (!std::exchange(expects_picture_, true)) measure_picture();
    plan();
    over = steps_or_time_are_over();
    const bool is_due = is_pictured(fit_.iteration());
    const bool look = !over && is_due;
    if (look) fit_.iteration() == 1 ? take_first_picture() : take_picture_on_the_way(callback);
    if (over && is_due && fit_.gathers()) look_as_if_it_went_on();
    over = over || judge_has_seen_enough();
    if (over && (!look || fit_.gathers())) {
      take_last_picture(last_look(is_due ? Look::regular : Look::last), callback);
    }
    if (!over && !is_ahead() && saving_.is_due()) tell_note(saving_.save(fit_, judge(), spread()));
    ending_ = ending_ || stopped_ || (callback && !go_on(callback) && !over);
    stopped_ = stopped_ || (ending_ && !over && !is_ahead());
    if (stopped_ && !over && !look) take_hurried_picture();
    Pictures::take_back(progress_);
    progress_.note.clear();
  }
}

bool Fitting::go_on(const ProgressCallback& callback) {
  double waited = 0;
  progress_.waited = &waited;
  const bool wanted = callback(progress_);
  progress_.waited = nullptr;
  pace_.pause(waited);
  return wanted;
}

// A host's steps are over when they return; of a device's somebody has to wait for the last one to know anything.
bool Fitting::is_time_to_wait(int iteration) const {
  return backend_.on_host() || iteration % steps_at_once == 0 || is_pictured(iteration) ||
         iteration >= recipe_.iterations || fit_.looks(iteration);
}

bool Fitting::is_pictured(int iteration) const {
  return iteration == 1 || iteration % recipe_.every == 0;
}

// While the host looks at a picture, a device that has nothing to do would wait for it. But not where the judge may end
// the fit with that look; whoever else does waits for it.
void Fitting::work_ahead() {
  // Tiles are made by the host, step by step.
  if (ending_ || saving_.is_due() || recipe_.in_tiles()) return;
  if (judge() != nullptr && judge()->may_stop_at(progress_.iteration)) return;
  while (!is_time_to_wait(fit_.iteration() + 1)) fit_.step();
}

void Fitting::take_figures() {
  if (const std::optional<Mishap> mishap = fit_.mend()) tell_mishap(*mishap);
  progress_.loss = fit_.loss();
  pace_.reach(fit_.iteration());
  progress_.iteration = fit_.iteration();
  progress_.rollbacks = fit_.rollbacks();
  progress_.seconds = pace_.seconds();
  progress_.iterations_per_second = pace_.iterations_per_second();
  progress_.seconds_left = pace_.seconds_until(recipe_.iterations);
}

void Fitting::tell_mishap(Mishap mishap) {
  const char* what = mishap == Mishap::constant ? "its picture is of one value" : "its loss is no finite number";
  if (!fit_.lost()) {
    tell_note(fmt::format("in iteration {} {}, so the fit goes on from iteration {} at half the rate", fit_.iteration(),
                          what, fit_.good_iteration()));
    return;
  }
  constexpr double after_all = 1.0 / (2 << Rollback::most_tries);  // what was not tried yet
  failure_ = fmt::format(
      "the fit diverged in iteration {}: {}, also at lower rates; try --set adam.rate={:g}, or another --seed",
      fit_.iteration(), what, after_all * recipe_.adam_rate);
  const bool learned_nothing = fit_.good_iteration() <= 1 && judge() == nullptr && !recipe_.in_tiles();
  if (learned_nothing || fit_.good_iteration() == 0) throw FitError(failure_);
}

void Fitting::tell_note(const std::string& note) {
  if (note.empty()) return;
  progress_.note += (progress_.note.empty() ? "" : "; ") + note;
}

// Whether there is no further step. Says why in reason_, where that is not their number alone.
bool Fitting::steps_or_time_are_over() {
  if (fit_.iteration() >= recipe_.iterations || !failure_.empty()) return true;
  if (fit_.iteration() == progress_.resumed_from || pace_.seconds_to_spare() > 0) return false;
  reason_ = fmt::format("its {:g} seconds are over", settings_.time);
  return true;
}

// Whether further steps are no use. Says why in reason_.
bool Fitting::judge_has_seen_enough() {
  if (judge() == nullptr || !judge()->should_stop()) return false;
  reason_ = judge()->reason();
  return true;
}

bool Fitting::may_go_on() const {
  return judge() != nullptr && recipe_.hold_out_patience > 0;
}

// A schedule has to know when the time will be over. What stops by itself may go on for longer than the recipe says.
void Fitting::plan() {
  if (settings_.iterations) return;
  const std::optional<int> iterations = pace_.plan(may_go_on() ? 1e8 : planned_by_recipe_);
  if (!iterations) return;
  recipe_.iterations = *iterations;
  fit_.plan(recipe_.iterations);
  progress_.iterations = recipe_.iterations;
  progress_.seconds_left = pace_.seconds_left();
}

// A picture made of tiles may take longer than all iterations, so it is known beforehand how long. Of a limited time
// half is kept for it, and up to two thirds where one view takes as much; but little where it is there already, if less
// good.
void Fitting::measure_picture() {
  const double began = pace_.seconds();
  cost_ = fit_.measure_output();
  pace_.leave_out(pace_.seconds() - began);
  if (cost_.views == 0) return;
  const double view = cost_.seconds.view;
  const double left = std::max(0.0, pace_.seconds_left() - cost_.seconds.other);
  const double most = fit_.gathers() ? left / 8 : std::max(left / 2, std::min(view, left * 2 / 3));
  draw_seconds_ = cost_.seconds.other + std::min(cost_.views * view, most);
  expect_picture();
}

void Fitting::expect_picture() {
  const int looks = fit_.gathers() ? 2 : 1;  // at what was gathered, and at what is drawn of it
  pace_.expect_picture(draw_seconds_ + looks * show_seconds_);
}

// Of tiles, without what the network adds, as it has learned nothing yet.
void Fitting::take_first_picture() {
  constexpr double little = 0.05;  // of the time
  if (cost_.views > 0 && cost_.seconds.other > little * pace_.seconds_left()) return;
  const double began = pace_.seconds();
  draw_picture(cost_.views > 0 ? Patience::none() : Patience::endless());
  show_picture(Look::regular);
  pace_.leave_out(pace_.seconds() - began);
}

void Fitting::take_picture_on_the_way(const ProgressCallback& callback) {
  Waiting waiting("picture", pace_.seconds_left(), Waiting::Result::any, {pace_, progress_, callback});
  draw_picture(on_the_way(waiting));
  if (!waiting.stopped()) work_ahead();
  show_picture(Look::regular);
  stopped_ = waiting.stopped();
}

// What a fit gathers is drawn anew at its end, whatever was looked at.
Fitting::Look Fitting::last_look(Look of_others) const {
  return fit_.gathers() ? Look::end : of_others;
}

void Fitting::take_last_picture(Look look, const ProgressCallback& callback) {
  constexpr double most_show = 1.2;  // of what it took last time
  Waiting waiting("picture", pace_.seconds_left() - most_show * show_seconds_, Waiting::Result::any,
                  {pace_, progress_, callback});
  const double share = draw_picture(waiting);
  stopped_ = waiting.stopped();
  show_picture(look == Look::end && stopped_ ? Look::passing : look);
  if (share >= 1 || stopped_ || fit_.gathers()) return;
  judging_.note = fmt::format(
      "there was time for {:.0f} % of what the network would have added to the picture; allow "
      "more for a better one",
      100 * share);
}

// A fit that gathers may be resumed, and is to be the same then as one that never ended.
void Fitting::look_as_if_it_went_on() {
  draw_picture(Patience::none());
  judge_picture(Look::regular);
}

// Somebody waits for the end.
void Fitting::take_hurried_picture() {
  const ProgressCallback nobody;
  Waiting waiting("picture", most_hurried, Waiting::Result::any, {pace_, progress_, nobody});
  draw_picture(on_the_way(waiting));
  show_picture(Look::passing);
}

// Returns the share of the work for it that was done.
double Fitting::draw_picture(Patience& patience) {
  const double began = pace_.seconds();
  const double share = fit_.output(judging_.excerpt ? drawn_ : output_, patience);
  if (judging_.excerpt) put_excerpt(output_);
  result_ = output_;
  if (fit_.averages()) {
    fit_.average(judging_.excerpt ? drawn_ : result_);
    if (judging_.excerpt) put_excerpt(result_);
  }
  if (cost_.views == 0) draw_seconds_ = pace_.seconds() - began;
  return share;
}

void Fitting::put_excerpt(std::span<float> whole) {
  judging_.excerpt->put(drawn_, judging_.values, whole, &backend_.pool());
}

void Fitting::show_picture(Look look) {
  const double began = pace_.seconds();
  judge_picture(look);
  if (judge() != nullptr) {
    judge()->result(result_);
    errors_ = errors();
    progress_.expected = expected();
  }
  classic_share_ = 1 - (judge() != nullptr ? judge()->share() : fit_.share());
  if (settings_.uncertainty) means_ = result_;
  observation_.noise.to_truth(result_, recipe_.unclip);
  observation_.noise.to_truth(output_, false);
  pictures_.show(result_, output_);
  pictures_.lend(progress_);
  show_seconds_ = pace_.seconds() - began;
  expect_picture();
}

// Averages move little, so it is what they average that is spread.
void Fitting::judge_picture(Look look) {
  if (seams_) seams_->close(judging_.values, result_);
  if (spread_ && look == Look::regular) spread_->add(fit_.averages() ? output_ : result_);
  if (judge() == nullptr) return;
  if (look == Look::end) {
    judge()->look_at_end(progress_.iteration, result_);
  } else if (look != Look::passing || judge()->best_iteration() == 0) {
    judge()->look(progress_.iteration, result_);
  }
}

std::optional<Errors> Fitting::errors() const {
  if (!spread_) return judge()->errors();
  return spread_->says_something() ? judge()->errors(spread_->squares()) : std::nullopt;
}

// Where the fit got nothing, y is right unless it is noisy.
std::optional<Expectation> Fitting::expected() const {
  if (!observation_.keeps_known) return std::nullopt;
  const double error = errors_ ? errors_->mean : judge()->error();
  const double deviation = errors_ ? errors_->deviation : judge()->error_deviation();
  if (!(error > 0)) return std::nullopt;
  constexpr double decibel = 4.343;  // of a relative error of 1
  return Expectation{-10 * std::log10(error), 2 * decibel * deviation / error};
}

// As many views as there is time for. Somebody who has stopped waits no longer for them than for a picture.
Spread Fitting::spread_of_views(const ProgressCallback& callback) {
  const Image& picture = observation_.like();
  Spread spread({picture.colour_channels(), picture.height, picture.width}, false);
  const ProgressCallback nobody;
  Waiting waiting("uncertainty", stopped_ ? most_hurried : pace_.seconds_left(), Waiting::Result::any,
                  {pace_, progress_, stopped_ ? nobody : callback});
  for (int view = 0; view < fit_.views(); ++view) {
    PartOf part(waiting, static_cast<double>(view) / fit_.views(), 1.0 / fit_.views());
    if (fit_.output(output_, view, part) < 1) break;
    spread.add(output_);
  }
  return spread;
}

std::optional<Uncertainty> Fitting::uncertainty(const ProgressCallback& callback) {
  Uncertainty found;
  std::vector<float> squares;
  if (errors_) {
    squares = errors_->square;
    found.calibrated = true;
    found.within_one = errors_->within_one;
    found.within_two = errors_->within_two;
  } else if (spread_) {
    if (!spread_->says_something()) return std::nullopt;
    squares = spread_->squares();
  } else {
    const Spread views = spread_of_views(callback);
    if (!views.says_something()) return std::nullopt;
    squares = views.squares();
  }
  squares = observation_.noise.squares_of_truth(means_, squares, recipe_.unclip);
  found.deviation = deviation_of(observation_, range_, squares);
  found.mean_error = root_mean_square_of(found.deviation);
  return found;
}

}  // namespace dipper
