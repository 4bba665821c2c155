// SPDX-License-Identifier: Apache-2.0
// A request's way through dipper: task, recipe and backend, a fit or a classical method, and what comes out of it.
#include <fmt/format.h>

#include <utility>

#include "api/devices.hpp"
#include "api/fitting.hpp"
#include "api/pace.hpp"
#include "api/pictures.hpp"
#include "api/request.hpp"
#include "base/memory.hpp"
#include "dipper/dipper.hpp"
#include "fit/checkpoint.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

// What to measure against: given by the user, or known because the task made the damage itself.
const Image* truth_in(const Request& request, const Observation& observation) {
  if (request.truth) return &*request.truth;
  return observation.truth ? &*observation.truth : nullptr;
}

void apply_method(const TaskMethod& method, const Observation& observation, const Range& range, int threads,
                  const Pace& pace, const ProgressCallback& callback, Pictures& pictures) {
  Progress progress;
  progress.width = observation.like().width;
  progress.height = observation.like().height;
  progress.summary = fmt::format("{}; method {}", observation.summary, method.name);
  progress.planned_bytes = resident_bytes();
  if (callback) callback(progress);
  std::vector<float> made = colours_of(method.restore(observation, threads), range);
  undo_clipping(observation, made);
  pictures.show(made, made);
  pictures.lend(progress);
  progress.seconds = pace.seconds();
  if (callback) callback(progress);
}

}  // namespace

Restoration restore(const Request& request, const ProgressCallback& progress) {
  const Settings& settings = request.settings;
  Pace pace(settings.time);
  const Task& task = find_task(request.task);
  const TaskMethod* method = method_of(request, task);  // null: a fit
  const Device device = method == nullptr ? make_device(settings) : Device{};
  Observation observation = observe(task, {request.input, request.options, request.pictures, settings.seed});
  const Recipe recipe = recipe_for(settings, task, observation);
  const Range range = range_of(observation);
  Pictures pictures(observation, range, truth_in(request, observation));
  check_times_and_places(settings);

  Restoration result;
  result.method = method == nullptr ? "fit" : method->name;
  if (method != nullptr) {
    apply_method(*method, observation, range, settings.threads, pace, progress, pictures);
  } else {
    Fitting fitting({settings, task, observation, recipe, range, device}, pictures, pace);
    fitting.run(progress);
    fitting.tell(result);
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
