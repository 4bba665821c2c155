// SPDX-License-Identifier: Apache-2.0
// A request's way through dipper: task, recipe and backend, the fit, and what comes out of it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "api/devices.hpp"
#include "api/pictures.hpp"
#include "api/request.hpp"
#include "base/memory.hpp"
#include "classic/membrane.hpp"
#include "dipper/dipper.hpp"
#include "fit/checkpoint.hpp"
#include "fit/explain.hpp"
#include "fit/fit.hpp"
#include "fit/judge.hpp"
#include "fit/recipe.hpp"
#include "tasks/taken_noise.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

using Clock = std::chrono::steady_clock;

// A device makes so many before anybody waits for it.
constexpr int steps_at_once = 16;

// What to measure against: given by the user, or known because the task made the damage itself.
const Image* truth_in(const Request& request, const Observation& observation) {
  if (request.truth) return &*request.truth;
  return observation.truth ? &*observation.truth : nullptr;
}

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

/// [channel][row][column] of a picture's colours, in [0, 1].
std::vector<float> colours_of(const Image& picture, const Range& range) {
  std::vector<float> values(picture.colours().size());
  std::ranges::transform(picture.colours(), values.begin(), [&range](float sample) { return range.into(sample); });
  return values;
}

/// One restoration while it is being made.
class Run {
 public:
  explicit Run(const Request& request)
      : settings_(request.settings),
        task_(find_task(request.task)),
        method_(method_of(request, task_)),
        device_(method_ == nullptr ? make_device(request.settings) : Device{}),
        observation_(observe(task_, {request.input, request.options, request.pictures, request.settings.seed})),
        recipe_(recipe_for(request.settings, task_, observation_)),
        range_(range_of(observation_)),
        pictures_(observation_, range_, truth_in(request, observation_)),
        output_(observation_.like().colours().size()),
        result_(output_.size()) {
    check_times_and_places(settings_);
    progress_.width = observation_.like().width;
    progress_.height = observation_.like().height;
  }

  Restoration restore(const ProgressCallback& callback) {
    method_ == nullptr ? fit(callback) : apply_method(callback);
    return finish();
  }

 private:
  void fit(const ProgressCallback& callback) {
    const Image& damaged = observation_.damaged;
    values_ = colours_of(damaged, range_);
    weights_ = observation_.weights;
    hold_out();
    const std::size_t before = resident_bytes();
    if (recipe_.seamless && observation_.keeps_known) {
      membrane_.emplace(weights_, damaged.colour_channels(), damaged.height, damaged.width);
    }
    const Shape shape{damaged.colour_channels(), damaged.height, damaged.width};
    Target target{.shape = shape,
                  .values = values_,
                  .weights = weights_,
                  .error = observation_.error,
                  .observed_by = observation_.observed_by,
                  .scaling = observation_.scaling};
    if (observation_.guide) target.guide = observation_.guide->samples;
    Fit fit(target, recipe_, *device_.backend, settings_.seed);
    // Three pictures come out of it, and one is copied on its way to a file; a judge keeps three more.
    const std::size_t pictures = judge_ ? 7 : 4;
    progress_.planned_bytes = std::max(before + fit.bytes() + (membrane_ ? membrane_->bytes() : 0) +
                                           pictures * observation_.like().samples.size() * sizeof(float),
                                       peak_resident_bytes());  // of the classical method
    progress_.iterations = recipe_.iterations;
    progress_.summary =
        fmt::format("{}; network {} of {} parameters, recipe {}, on {} ({})", observation_.summary, recipe_.network,
                    fit.parameter_count(), recipe_.name, device_.backend->name(), device_.backend->description());
    open_checkpoints(fit, target);
    loop(fit, callback);
  }

  // Sets pixels aside that the fit does not get, for a judge who also knows what the classical method makes of the
  // picture.
  void hold_out() {
    if (recipe_.hold_out_share <= 0 || observation_.observed_by) return;
    const Image& picture = observation_.damaged;
    HeldOut held_out(weights_, picture.height, picture.width, recipe_.hold_out_share, settings_.seed);
    if (held_out.empty()) return;
    weights_ = held_out.others(weights_);
    Judge::Classic classic;
    if (observation_.classic != nullptr) {
      const TaskMethod& method = *observation_.classic;
      const Image full = method.restore(observation_, settings_.threads);
      classic.full = colours_of(full, range_);
      if (observation_.keeps_known) {
        classic.blind = colours_of(method.restore(without(observation_, held_out.pixels()), settings_.threads), range_);
      } else {
        classic.taken_noise = taken_noise(observation_, method, full, settings_.seed, settings_.threads);
        const float unit = range_.high - range_.low;
        for (float& taken : classic.taken_noise) taken /= unit * unit;
      }
    }
    const Image& damaged = observation_.damaged;
    judge_.emplace(std::move(held_out), values_, Shape{damaged.colour_channels(), damaged.height, damaged.width},
                   std::move(classic), recipe_.hold_out_patience);
  }

  // Hashing all that the fit is fitted to takes a moment, so only where it is needed.
  void open_checkpoints(Fit& fit, const Target& target) {
    if (settings_.checkpoint.empty() && settings_.resume.empty()) return;
    checkpoints_.emplace(Origin{DIPPER_VERSION, task_.name, device_.origin, settings_.seed, recipe_}, target);
    if (settings_.resume.empty()) return;
    progress_.note = checkpoints_->resume(settings_.resume, fit, judge());
    progress_.resumed_from = progress_.iteration = fit.iteration();
    progress_.loss = fit.loss();
    progress_.rollbacks = fit.rollbacks();
    progress_.planned_bytes = std::max(progress_.planned_bytes, peak_resident_bytes());  // of reading it
    take_picture(fit);  // there may be no step left to take one after
    forget_picture();
  }

  // A disk that is full for a while must not cost the fit.
  void save_checkpoint(Fit& fit) {
    try {
      checkpoints_->save(settings_.checkpoint, fit, judge());
      saved_to_ = settings_.checkpoint;
    } catch (const Error& error) {
      progress_.note = fmt::format("there is no checkpoint of iteration {}: {}", fit.iteration(), error.what());
    }
    saved_at_ = Clock::now();
  }

  void apply_method(const ProgressCallback& callback) {
    progress_.summary = fmt::format("{}; method {}", observation_.summary, method_->name);
    progress_.planned_bytes = resident_bytes();
    if (callback) callback(progress_);
    const Image made = method_->restore(observation_, settings_.threads);
    result_ = colours_of(made, range_);
    show(result_, result_);
    progress_.seconds = seconds_since(began_);
    if (callback) callback(progress_);
    forget_picture();
  }

  void loop(Fit& fit, const ProgressCallback& callback) {
    if (settings_.explain) {
      progress_.explanation = explain(fit.measure(5, 2), fit.memory(), device_.backend->measure_peak());
    }
    if (callback) callback(progress_);
    progress_.explanation.clear();
    progress_.note.clear();
    fit_began_ = saved_at_ = Clock::now();
    bool over = steps_or_time_are_over(fit) || judge_has_seen_enough();  // a resumed one may have ended before
    while (!over && !stopped_) {
      fit.step();
      if (!is_time_to_wait(fit)) continue;
      take_figures(fit);
      plan(fit);
      over = steps_or_time_are_over(fit);
      const bool look = over || is_pictured(fit);
      if (look) take_picture(fit);
      over = over || judge_has_seen_enough();
      if (!over && is_time_to_save()) save_checkpoint(fit);
      stopped_ = callback && !callback(progress_) && !over;
      if (stopped_ && !look) take_picture(fit);
      forget_picture();
      progress_.note.clear();
    }
    if (!settings_.checkpoint.empty() && (stopped_ || settings_.checkpoint_at_end)) save_checkpoint(fit);
  }

  // A host's steps are over when they return; of a device's somebody has to wait for the last one to know anything.
  [[nodiscard]] bool is_time_to_wait(const Fit& fit) const {
    return device_.backend->on_host() || fit.iteration() % steps_at_once == 0 || is_pictured(fit) ||
           fit.iteration() >= recipe_.iterations || fit.looked() || is_time_to_save();
  }

  [[nodiscard]] bool is_pictured(const Fit& fit) const {
    return fit.iteration() == 1 || fit.iteration() % recipe_.every == 0;
  }

  [[nodiscard]] bool is_time_to_save() const {
    return !settings_.checkpoint.empty() && seconds_since(saved_at_) >= settings_.checkpoint_every;
  }

  void take_figures(Fit& fit) {
    progress_.loss = fit.loss();
    const bool may_recover = fit.will_look() && fit.iteration() < recipe_.iterations;
    if (!std::isfinite(progress_.loss) && !may_recover) {
      throw FitError(fmt::format("the fit diverged in iteration {}: its loss is {}; lower adam.rate with --set",
                                 fit.iteration(), std::isnan(progress_.loss) ? "not a number" : "infinite"));
    }
    progress_.iteration = fit.iteration();
    progress_.rollbacks = fit.rollbacks();
    tell_speed();
  }

  // Whether there is no further step. Says why in reason_, where that is not their number alone.
  [[nodiscard]] bool steps_or_time_are_over(const Fit& fit) {
    if (fit.iteration() >= recipe_.iterations) return true;
    if (fit.iteration() == progress_.resumed_from || seconds_to_spare() > 0) return false;
    reason_ = fmt::format("its {:g} seconds are over", settings_.time);
    return true;
  }

  // Whether further steps are no use. Says why in reason_.
  [[nodiscard]] bool judge_has_seen_enough() {
    if (!judge_ || !judge_->should_stop()) return false;
    reason_ = judge_->reason();
    return true;
  }

  // Left for further iterations; infinite without a limit.
  [[nodiscard]] double seconds_to_spare() const {
    if (settings_.time <= 0) return std::numeric_limits<double>::infinity();
    const double an_iteration = 1 / std::max(progress_.iterations_per_second, 1e-9);
    const double iterations = (device_.backend->on_host() ? 1 : steps_at_once) + 0.5;  // until somebody looks again
    return settings_.time - seconds_since(began_) - iterations * an_iteration - 1.2 * picture_seconds_;
  }

  // A schedule has to know when the time will be over. What stops by itself may go on for longer than the recipe says.
  void plan(Fit& fit) {
    const double seconds = seconds_to_spare();
    if (std::isinf(seconds) || settings_.iterations || fit.iteration() < progress_.resumed_from + 3) return;
    const double more = std::max(1.0, seconds * progress_.iterations_per_second);
    const double most = judge_ && recipe_.hold_out_patience > 0 ? 1e8 : planned_by_recipe_;
    recipe_.iterations = static_cast<int>(std::min(most, fit.iteration() + more));
    fit.plan(recipe_.iterations);
    progress_.iterations = recipe_.iterations;
    progress_.seconds_left = seconds;
  }

  void tell_speed() {
    progress_.seconds = seconds_since(began_);
    const double fitting = seconds_since(fit_began_);
    progress_.iterations_per_second = fitting > 0 ? (progress_.iteration - progress_.resumed_from) / fitting : 0;
    progress_.seconds_left =
        (recipe_.iterations - progress_.iteration) / std::max(progress_.iterations_per_second, 1e-9);
  }

  void take_picture(Fit& fit) {
    const Clock::time_point began = Clock::now();
    fit.output(output_);
    result_ = output_;
    if (fit.averages()) fit.average(result_);
    if (membrane_) membrane_->close_seams(values_, result_);
    if (judge_) {
      judge_->look(fit.iteration(), result_);
      judge_->result(result_);
      progress_.expected = expected();
    }
    show(result_, output_);
    picture_seconds_ = seconds_since(began);
  }

  // Where the fit got nothing, y is right unless it is noisy.
  [[nodiscard]] std::optional<Expectation> expected() const {
    if (!observation_.keeps_known || !(judge_->error() > 0)) return std::nullopt;
    constexpr double decibel = 4.343;  // of a relative error of 1
    return Expectation{-10 * std::log10(judge_->error()), 2 * decibel * judge_->error_deviation() / judge_->error()};
  }

  void show(std::span<const float> result, std::span<const float> raw) {
    pictures_.show(result, raw);
    pictures_.lend(progress_);
  }

  void forget_picture() {
    progress_.picture = nullptr;
    progress_.raw = nullptr;
    progress_.psnr.reset();
    progress_.raw_psnr.reset();
  }

  Restoration finish() {
    Restoration result;
    pictures_.move_to(result);
    if (observation_.truth) result.damaged = std::move(observation_.damaged);
    result.iterations = progress_.iteration;
    result.resumed_from = progress_.resumed_from;
    result.seconds = seconds_since(began_);
    result.iterations_per_second = progress_.iterations_per_second;
    result.peak_bytes = peak_resident_bytes();
    result.seed = settings_.seed;
    result.method = method_ == nullptr ? "fit" : method_->name;
    if (method_ == nullptr) result.recipe = recipe_.name;
    if (method_ == nullptr) result.device = device_.backend->name();
    result.stopped = stopped_;
    result.reason = reason_;
    result.expected = progress_.expected;
    if (judge_) result.best_iteration = judge_->best_iteration();
    if (judge_ && observation_.classic != nullptr) {
      result.classic = observation_.classic->name;
      result.classic_share = 1 - judge_->share();
    }
    result.checkpoint = saved_to_;
    result.note = progress_.note;
    return result;
  }

  [[nodiscard]] Judge* judge() { return judge_ ? &*judge_ : nullptr; }

  Clock::time_point began_ = Clock::now();
  Clock::time_point fit_began_;
  Clock::time_point saved_at_;
  Settings settings_;
  const Task& task_;
  const TaskMethod* method_;  // null: a fit
  Device device_;             // none without a fit
  Observation observation_;
  Recipe recipe_;
  int planned_by_recipe_ = recipe_.iterations;
  Range range_;
  Progress progress_;
  Pictures pictures_;
  std::vector<float> values_;   // what is observed, and
  std::vector<float> weights_;  // how far each pixel of it counts for the fit
  std::vector<float> output_;   // the network's last one, or what stands for it
  std::vector<float> result_;   // the best so far
  double picture_seconds_ = 0;  // that it took to make the last one
  std::optional<Membrane> membrane_;
  std::optional<Judge> judge_;
  bool stopped_ = false;  // by the callback
  std::string reason_;    // why it ended before its last iteration
  std::optional<Checkpoints> checkpoints_;
  std::filesystem::path saved_to_;  // empty before the first checkpoint
};

}  // namespace

Restoration restore(const Request& request, const ProgressCallback& progress) {
  return Run(request).restore(progress);
}

std::vector<std::filesystem::path> checkpoint_files(const std::filesystem::path& checkpoint) {
  return {checkpoint, older_checkpoint(checkpoint)};
}

Restoration inpaint(const Image& damaged, const Image& mask, const Settings& settings,
                    const ProgressCallback& progress) {
  Request request;
  request.input = damaged;
  request.pictures["mask"] = mask;
  request.settings = settings;
  return restore(request, progress);
}

}  // namespace dipper
