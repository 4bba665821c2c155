// SPDX-License-Identifier: Apache-2.0
// A request's way through dipper: task, recipe and backend, a fit or a classical method, and what comes out of it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "api/devices.hpp"
#include "api/fitting.hpp"
#include "api/judging.hpp"
#include "api/pace.hpp"
#include "api/pictures.hpp"
#include "api/plain.hpp"
#include "api/request.hpp"
#include "api/waiting.hpp"
#include "base/memory.hpp"
#include "dipper/dipper.hpp"
#include "fit/checkpoint.hpp"
#include "fit/step_cost.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

// What to measure against: given by the user, or known because the task made the damage itself.
const Image* truth_in(const Request& request, const Observation& observation) {
  if (request.truth) return &*request.truth;
  return observation.truth ? &*observation.truth : nullptr;
}

void show(const std::vector<float>& result, const Pace& pace, const ProgressCallback& callback, Pictures& pictures,
          Progress& progress) {
  pictures.show(result, result);
  pictures.lend(progress);
  progress.seconds = pace.seconds();
  if (callback) callback(progress);
}

void apply_method(const TaskMethod& method, const Observation& observation, const Range& range, int threads,
                  const Listener& listener, Pictures& pictures) {
  const auto& [pace, progress, callback] = listener;
  progress.summary = fmt::format("{}; method {}", observation.summary, method.name);
  progress.planned_bytes = resident_bytes();
  if (observation.truth) progress.damaged = &observation.damaged;
  if (callback) callback(progress);
  progress.damaged = nullptr;
  Waiting waiting(method.name, std::numeric_limits<double>::infinity(), Waiting::Result::whole, listener);
  try {
    std::vector<float> made = colours_of(method.restore(observation, threads, waiting), range);
    observation.noise.to_truth(made, true);
    show(made, pace, callback, pictures, progress);
  } catch (const OutOfPatience&) {
    throw Stopped(fmt::format("stopped before method {} had a picture, so nothing is written", method.name));
  }
}

// A result beside which no fit is made.
void leave_alone(const Judging& judging, const Observation& observation, const Listener& listener, Pictures& pictures,
                 Restoration& result) {
  const auto& [pace, progress, callback] = listener;
  progress.summary = fmt::format("{}; {} alone", observation.summary, judging.classic);
  progress.planned_bytes = peak_resident_bytes();
  show(judging.alone, pace, callback, pictures, progress);
  result.classic = judging.classic;
  result.classic_share = 1;
  result.stopped = judging.stopped;
  result.reason = judging.stopped ? "" : judging.note;
}

// Iterations that a fit needs to be worth more than what there is without it, which itself takes part in the result
// where something is judged or tried. A network that draws all anew is behind the picture as it came for some 300:
// docs/recipes.md. Who names a recipe wants its picture, and a resumed one may have them behind it.
int least_iterations(const FittingParts& parts, const Judging& judging) {
  constexpr int drawn_anew = 300;
  const bool beside = judging.judge || judging.trying || parts.observation.keeps_known || parts.observation.scaling;
  return beside || !parts.settings.recipe.empty() || !parts.settings.resume.empty() ? 1 : drawn_anew;
}

// Where there is no time for so many there is for what is known already, or for a plain result.
void leave_out_long_fit(const FittingParts& parts, const Pace& pace, Judging& judging) {
  constexpr double around = 1.5;  // what comes before and after them, in iterations
  if (std::isinf(pace.seconds_left())) return;
  const double step = seconds_of_a_step(target_of(parts.observation, judging), parts.recipe, *parts.device.backend);
  const int least = least_iterations(parts, judging);
  const double seconds = least * step;
  if (seconds + around * step <= pace.seconds_left()) return;
  const std::string what =
      least == 1
          ? "one iteration"
          : fmt::format("{} iterations, without which a network's picture is worse than the one that came,", least);
  judging.note += fmt::format("{}{} would take about {:.{}f} s, for which there is no time",
                              judging.note.empty() ? "" : ", and ", what, seconds, seconds < 10 ? 2 : 0);
  if (judging.judge && !judging.judge->classic().empty()) {
    judging.alone.assign(judging.judge->classic().begin(), judging.judge->classic().end());
    parts.observation.noise.to_truth(judging.alone, true);
    return;
  }
  if (judging.trying) {
    judging.alone = judging.trying->estimate;
    return;
  }
  judging.alone = plain_result(parts.observation, parts.range);
  judging.classic = parts.observation.keeps_known ? "a smooth filling"
                    : parts.observation.scaling   ? "bicubic"
                                                  : "the picture as it came";
}

// A checkpoint is worth more than what there is without a fit.
void keep_checkpoint(const Settings& settings, const Judging& judging) {
  if (settings.resume.empty()) return;
  const std::string kept = fmt::format("so nothing is written, and {} stays as it is", settings.resume.string());
  if (judging.stopped) throw Stopped(fmt::format("stopped before the fit could go on, {}", kept));
  throw Error(fmt::format("the fit cannot go on in this time ({}), {}; give more --time", judging.note, kept));
}

// Less the pictures that a fit keeps beside the backend's memory. A device refuses by itself what it has not.
void limit_to_what_is_free(const FittingParts& parts) {
  Backend& backend = *parts.device.backend;
  if (parts.settings.max_memory > 0 || !backend.on_host()) return;
  const std::size_t kept = most_pictures_kept * parts.observation.like().samples.size() * sizeof(float);
  const std::size_t available = free_bytes();
  backend.limit_memory(available - std::min(available, kept));
}

// A fit takes about as much for each pixel that it sees at once, and something beside that; one in parts may have room
// for a part, but not for what it keeps of the whole. A picture that is smaller may not be learned in parts.
double pixels_that_fit(const FittingParts& parts, const Shape& whole, const MemoryLimit& limit) {
  constexpr double safely = 0.75;
  constexpr double of_code = 6e6;  // bytes: what threads have, and other things that are the same for each network
  const Recipe& recipe = parts.recipe;
  const auto allowed = static_cast<double>(limit.limit);
  const auto kept = static_cast<double>(limit.of_whole);
  const double beside = of_code + static_cast<double>(limit.of_parameters);
  const double at_once = static_cast<double>(limit.needed) - kept;
  const double at_a_time = sees_an_excerpt(recipe, parts.observation)
                               ? recipe.pixels_of_excerpt()
                               : static_cast<double>(seen_at_once(recipe, whole).plane());
  // What was needed may have been all but the parameters.
  const double share = std::max(0.0, safely * allowed - beside) / std::max(1.0, at_once - of_code);
  const double seen = share * at_a_time;
  if (limit.of_whole == 0) return seen;
  const double in_parts = safely * std::max(0.0, allowed - at_once) / kept * static_cast<double>(whole.plane());
  return recipe.in_parts(static_cast<std::size_t>(in_parts)) ? in_parts : std::min(in_parts, seen);
}

std::string what_fits(const FittingParts& parts, const MemoryLimit& limit) {
  constexpr double least = 64 * 64;  // pixels, of which it is worth to tell
  const Image& like = parts.observation.like();
  const Shape whole{like.colour_channels(), like.height, like.width};
  const double pixels = pixels_that_fit(parts, whole, limit);
  const double scale = std::sqrt(pixels / static_cast<double>(whole.plane()));
  std::string fits;
  if (pixels >= least) {
    fits = fmt::format("a picture of about {:.0f}x{:.0f} fits", like.width * scale, like.height * scale);
  }
  if (const TaskMethod* classic = parts.observation.classic) {
    fits = fits.empty() ? fmt::format("--method {} fits", classic->name)
                        : fmt::format("{}, and so does --method {}", fits, classic->name);
  }
  return fmt::format(
      "a fit to {}x{} pixels needs more than {:.2g} GB of memory, and {:.2g} GB {}; {}{}allow more with "
      "--max-memory",
      like.width, like.height, static_cast<double>(limit.needed) / 1e9, static_cast<double>(limit.limit) / 1e9,
      parts.settings.max_memory > 0 ? "are allowed by --max-memory" : "are free", fits, fits.empty() ? "" : ", or ");
}

void fit(const FittingParts& parts, const Listener& listener, Pace& pace, Pictures& pictures, Restoration& result) {
  Judging judging = make_judging(parts.observation, parts.recipe, parts.range, parts.settings, listener);
  if (judging.alone.empty()) leave_out_long_fit(parts, pace, judging);
  if (!judging.alone.empty()) {
    keep_checkpoint(parts.settings, judging);
    result.recipe = parts.recipe.name;
    result.recipe_text = to_text(parts.recipe);
    result.device = parts.device.backend->name();
    return leave_alone(judging, parts.observation, listener, pictures, result);
  }
  limit_to_what_is_free(parts);
  try {
    Fitting fitting(parts, std::move(judging), pictures, pace);
    fitting.run(listener.callback);
    fitting.tell(result);
  } catch (const MemoryLimit& limit) {
    throw Error(what_fits(parts, limit));
  }
}

// Of the time that all may take, what restore() may.
double seconds_for(const Settings& settings, const Image& like) {
  if (settings.time <= 0) return 0;
  constexpr double least = 1e-3;  // seconds: none would be no limit
  const double after = settings.time_after * static_cast<double>(like.plane_size());
  return std::max(least, settings.time - settings.time_before - after);
}

}  // namespace

Restoration restore(const Request& request, const ProgressCallback& progress) {
  const Settings& settings = request.settings;
  Pace pace;
  const Task& task = find_task(request.task);
  const TaskMethod* method = method_of(request, task);  // null: a fit
  const Device device = method == nullptr ? make_device(settings) : Device{};
  Observation observation = observe(task, {request.input, request.options, request.pictures, settings.seed});
  const Recipe recipe = recipe_for(settings, task, observation);
  const Range range = range_of(observation);
  Pictures pictures(observation, range, truth_in(request, observation));
  check_times_and_places(settings);

  pace.limit(seconds_for(settings, observation.like()));
  Progress told;
  told.width = observation.like().width;
  told.height = observation.like().height;
  const Listener listener{pace, told, progress};
  Restoration result;
  result.method = method == nullptr ? "fit" : method->name;
  if (method != nullptr) {
    apply_method(*method, observation, range, settings.threads, listener, pictures);
  } else {
    fit({settings, task, observation, recipe, range, device}, listener, pace, pictures, result);
  }
  pictures.move_to(result);
  if (observation.truth) result.damaged = std::move(observation.damaged);
  result.seconds = pace.seconds();
  result.peak_bytes = peak_resident_bytes();
  result.seed = settings.seed;
  return result;
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
