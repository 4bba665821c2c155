// SPDX-License-Identifier: Apache-2.0
// A request's way through dipper: task, recipe and backend, the fit, and what comes out of it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "api/devices.hpp"
#include "base/files.hpp"
#include "base/memory.hpp"
#include "base/text.hpp"
#include "dipper/dipper.hpp"
#include "fit/checkpoint.hpp"
#include "fit/explain.hpp"
#include "fit/fit.hpp"
#include "fit/recipe.hpp"
#include "image/crop.hpp"
#include "image/samples.hpp"
#include "tasks/task.hpp"

namespace dipper {
namespace {

using Clock = std::chrono::steady_clock;

Recipe recipe_for(const Settings& settings, const Task& task) {
  Recipe recipe = load_recipe(settings.recipe.empty() ? task.recipe : settings.recipe);
  for (const auto& [key, value] : settings.set) set_value(recipe, key, value);
  if (settings.iterations) set_value(recipe, "iterations", std::to_string(*settings.iterations));
  if (settings.every != 0) set_value(recipe, "every", std::to_string(settings.every));
  check(recipe);
  return recipe;
}

/// Float pictures may hold any numbers; the network's output lies in (0, 1).
struct Range {
  float low = 0;
  float high = 1;

  [[nodiscard]] float into(float sample) const { return (sample - low) / (high - low); }
  [[nodiscard]] float out_of(float value) const { return low + value * (high - low); }
};

// [0, 1], or what the known samples span when that is more.
Range range_of(const Observation& observation) {
  Range range;
  const Image& picture = observation.damaged;
  if (picture.sample != SampleType::f32) return range;
  for (int c = 0; c < picture.colour_channels(); ++c) {
    for (std::size_t i = 0; i < picture.plane_size(); ++i) {
      if (observation.weights[i] <= 0) continue;
      range.low = std::min(range.low, picture.plane(c)[i]);
      range.high = std::max(range.high, picture.plane(c)[i]);
    }
  }
  return range;
}

// What is enlarged has sides that the scale divides, so the truth may have a few more rows and columns, which dipper
// damage crops too. Empty where it fits as it is, or not even so.
std::optional<Image> cropped_truth(const Image& truth, const Observation& observation) {
  const int scale = observation.observed_by ? observation.observed_by->stride : 1;
  const int columns = truth.width - observation.like().width;
  const int rows = truth.height - observation.like().height;
  if (columns < 0 || rows < 0 || columns >= scale || rows >= scale || columns + rows == 0) return std::nullopt;
  return upper_left(truth, observation.like().width, observation.like().height);
}

void check_truth(const Image& truth, const Image& picture) {
  if (truth.width != picture.width || truth.height != picture.height ||
      truth.colour_channels() != picture.colour_channels()) {
    throw Error(
        fmt::format("the truth is {}x{} of {} but the restored picture is {}x{} of {}; give the same picture undamaged",
                    truth.width, truth.height, count_of(truth.colour_channels(), "channel"), picture.width,
                    picture.height, picture.colour_channels()));
  }
  const auto known = truth.samples.begin() + static_cast<std::ptrdiff_t>(truth.colour_channels() * truth.plane_size());
  if (!std::all_of(truth.samples.begin(), known, [](float sample) { return std::isfinite(sample); })) {
    throw Error("the truth holds samples that are not finite numbers; give one without");
  }
}

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

void check_checkpoints(const Settings& settings) {
  if (!(settings.checkpoint_every >= 0)) throw Error("the seconds between two checkpoints must be 0 or more");
  if (!settings.checkpoint.empty()) static_cast<void>(OutputFile(settings.checkpoint));  // can it be written?
}

// What only a fit heeds is refused beside a method, lest somebody believes in its effect.
void check_method(const Settings& settings, const TaskMethod& method) {
  const Settings preset;
  if (!settings.checkpoint.empty() || !settings.resume.empty()) {
    throw Error(fmt::format(
        "method {} fits nothing, so it has no checkpoints to write or to go on from; leave them out", method.name));
  }
  const std::pair<const char*, bool> of_fits[] = {
      {"recipe", settings.recipe != preset.recipe},
      {"set", settings.set != preset.set},
      {"iterations", settings.iterations != preset.iterations},
      {"device", settings.device != preset.device},
      {"every", settings.every != preset.every},
      {"explain", settings.explain != preset.explain},
      {"checkpoint-every", settings.checkpoint_every != preset.checkpoint_every},
  };
  for (const auto& [name, given] : of_fits) {
    if (!given) continue;
    throw Error(
        fmt::format("method {} fits nothing, so --{} has no effect; leave one of the two out", method.name, name));
  }
}

// Null for a fit.
const TaskMethod* method_of(const Request& request, const Task& task) {
  if (request.method == "fit") return nullptr;
  const TaskMethod& method = find_method(task, request.method);
  check_method(request.settings, method);
  return &method;
}

/// One restoration while it is being made.
class Run {
 public:
  explicit Run(const Request& request)
      : settings_(request.settings),
        task_(find_task(request.task)),
        method_(method_of(request, task_)),
        recipe_(recipe_for(request.settings, task_)),
        backend_(make_backend(request.settings.device, request.settings.threads)),
        observation_(observe(task_, {request.input, request.options, request.pictures, request.settings.seed})),
        range_(range_of(observation_)),
        colours_(observation_.like().width, observation_.like().height, observation_.like().colour_channels()) {
    check_checkpoints(settings_);
    if (request.truth) {
      cropped_truth_ = cropped_truth(*request.truth, observation_);
      truth_ = cropped_truth_ ? &*cropped_truth_ : &*request.truth;
      check_truth(*truth_, observation_.like());
    } else if (observation_.truth) {
      truth_ = &*observation_.truth;
    }
  }

  Restoration restore(const ProgressCallback& callback) {
    progress_.width = colours_.width;
    progress_.height = colours_.height;
    method_ == nullptr ? fit(callback) : apply_method(callback);
    return finish();
  }

 private:
  void fit(const ProgressCallback& callback) {
    const Image& damaged = observation_.damaged;
    const Shape shape{damaged.colour_channels(), damaged.height, damaged.width};
    std::vector<float> values(shape.size());
    std::transform(damaged.samples.begin(), damaged.samples.begin() + static_cast<std::ptrdiff_t>(shape.size()),
                   values.begin(), [this](float sample) { return range_.into(sample); });
    Target target{.shape = shape,
                  .values = values,
                  .weights = observation_.weights,
                  .error = observation_.error,
                  .observed_by = observation_.observed_by};
    if (observation_.guide) target.guide = observation_.guide->samples;
    const std::size_t before = resident_bytes();
    Fit fit(target, recipe_, *backend_, settings_.seed);
    // Three pictures come out of it, and one is copied on its way to a file.
    progress_.planned_bytes = before + fit.bytes() + 4 * observation_.like().samples.size() * sizeof(float);
    progress_.iterations = recipe_.iterations;
    progress_.summary = fmt::format("{}; network {} of {} parameters on {} ({})", observation_.summary, recipe_.network,
                                    fit.parameter_count(), backend_->name(), backend_->description());
    open_checkpoints(fit, target);
    loop(fit, callback);
  }

  // Hashing all that the fit is fitted to takes a moment, so only where it is needed.
  void open_checkpoints(Fit& fit, const Target& target) {
    if (settings_.checkpoint.empty() && settings_.resume.empty()) return;
    const std::string device =
        backend_->name() == "cpu" ? fmt::format("cpu {}", cpu_instruction_set()) : backend_->name();
    checkpoints_.emplace(Origin{DIPPER_VERSION, task_.name, device, settings_.seed, recipe_}, target);
    if (settings_.resume.empty()) return;
    progress_.note = checkpoints_->resume(settings_.resume, fit);
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
      checkpoints_->save(settings_.checkpoint, fit);
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
    const Clock::time_point began = Clock::now();
    const Image made = method_->restore(observation_, settings_.threads);
    std::copy_n(made.samples.begin(), colours_.samples.size(), colours_.samples.begin());
    average_ = colours_;
    show();
    progress_.seconds = seconds_since(began);
    if (callback) callback(progress_);
    forget_picture();
  }

  void loop(Fit& fit, const ProgressCallback& callback) {
    if (settings_.explain) progress_.explanation = explain(fit.measure(5, 2), fit.memory(), backend_->measure_peak());
    if (callback) callback(progress_);
    progress_.explanation.clear();
    progress_.note.clear();
    const Clock::time_point began = saved_at_ = Clock::now();
    const bool saves = !settings_.checkpoint.empty();
    while (fit.iteration() < recipe_.iterations && !stopped_) {
      progress_.loss = fit.step();
      if (!std::isfinite(progress_.loss)) {
        throw FitError(fmt::format("the fit diverged in iteration {}: its loss is {}; lower adam.rate with --set",
                                   fit.iteration(), std::isnan(progress_.loss) ? "not a number" : "infinite"));
      }
      progress_.iteration = fit.iteration();
      progress_.rollbacks = fit.rollbacks();
      const bool last = fit.iteration() == recipe_.iterations;
      const bool look = last || fit.iteration() == 1 || fit.iteration() % recipe_.every == 0;
      if (look) take_picture(fit);
      if (saves && !last && seconds_since(saved_at_) >= settings_.checkpoint_every) save_checkpoint(fit);
      tell_speed(seconds_since(began));
      stopped_ = callback && !callback(progress_) && !last;
      if (stopped_ && !look) take_picture(fit);
      forget_picture();
      progress_.note.clear();
    }
    if (saves && (stopped_ || settings_.checkpoint_at_end)) save_checkpoint(fit);
  }

  void tell_speed(double seconds) {
    progress_.seconds = seconds;
    progress_.iterations_per_second = seconds > 0 ? (progress_.iteration - progress_.resumed_from) / seconds : 0;
    progress_.seconds_left =
        (recipe_.iterations - progress_.iteration) / std::max(progress_.iterations_per_second, 1e-9);
  }

  void take_picture(Fit& fit) {
    fit.output(colours_.samples);
    average_ = colours_;
    fit.average(average_.samples);
    for (float& sample : colours_.samples) sample = range_.out_of(sample);
    for (float& sample : average_.samples) sample = range_.out_of(sample);
    show();
  }

  // Makes pictures of the colours, and measures them.
  void show() {
    picture_ = compose(observation_, average_);
    raw_ = picture_;  // for its alpha and its profile
    std::copy(colours_.samples.begin(), colours_.samples.end(), raw_.samples.begin());
    round_samples(picture_);
    round_samples(raw_);
    progress_.picture = &picture_;
    progress_.raw = &raw_;
    if (truth_ != nullptr) {
      progress_.psnr = psnr_ = psnr(picture_, *truth_);
      progress_.raw_psnr = raw_psnr_ = psnr(raw_, *truth_);
    }
  }

  void forget_picture() {
    progress_.picture = nullptr;
    progress_.raw = nullptr;
    progress_.psnr.reset();
    progress_.raw_psnr.reset();
  }

  Restoration finish() {
    Restoration result;
    result.psnr = psnr_;
    result.raw_psnr = raw_psnr_;
    if (truth_ != nullptr) result.ssim = ssim(picture_, *truth_);
    result.raw = std::move(raw_);
    result.image = std::move(picture_);
    if (observation_.truth) result.damaged = std::move(observation_.damaged);
    if (truth_ != nullptr) result.truth = *truth_;
    result.iterations = progress_.iteration;
    result.resumed_from = progress_.resumed_from;
    result.seconds = progress_.seconds;
    result.peak_bytes = peak_resident_bytes();
    result.seed = settings_.seed;
    result.method = method_ == nullptr ? "fit" : method_->name;
    if (method_ == nullptr) result.recipe = recipe_.name;
    if (method_ == nullptr) result.device = backend_->name();
    result.stopped = stopped_;
    result.checkpoint = saved_to_;
    result.note = progress_.note;
    return result;
  }

  Settings settings_;
  const Task& task_;
  const TaskMethod* method_;  // null: a fit
  Recipe recipe_;
  std::unique_ptr<Backend> backend_;
  Observation observation_;
  Range range_;
  const Image* truth_ = nullptr;
  std::optional<Image> cropped_truth_;
  Progress progress_;
  Image colours_;  // the network's output, without alpha
  Image average_;  // of its outputs, when the recipe wants one
  Image raw_;
  Image picture_;
  std::optional<double> psnr_;  // of the last picture
  std::optional<double> raw_psnr_;
  bool stopped_ = false;
  std::optional<Checkpoints> checkpoints_;
  std::filesystem::path saved_to_;  // empty before the first checkpoint
  Clock::time_point saved_at_;
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
