// SPDX-License-Identifier: Apache-2.0
#include "view/studio.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <new>
#include <utility>
#include <vector>

#include "fit/recipe.hpp"
#include "tasks/task.hpp"

namespace dipper::view {
namespace {

namespace fs = std::filesystem;

constexpr double never = 1e9;  // seconds

std::string text_or(const Json& object, const char* name, const std::string& preset) {
  return object.contains(name) ? object.at(name).get<std::string>() : preset;
}

// photo.png -> photo_restored.png
std::string restored_name(const std::string& name) {
  return fs::path(name).stem().string() + "_restored.png";
}

// The page names recipes, never files.
std::string known_recipe(const std::string& name) {
  if (built_in_recipe(name) != nullptr) return name;
  throw Error(fmt::format("there is no recipe \"{}\"", name));
}

void take_settings(const Json& wish, Settings& settings) {
  settings.quality = text_or(wish, "quality", settings.quality);
  if (wish.contains("recipe")) settings.recipe = known_recipe(wish.at("recipe").get<std::string>());
  if (wish.contains("time")) {
    const double most = 1e9;
    const Json& time = wish.at("time");
    settings.time = time.is_number() ? time.get<double>() : -1;
    if (!(settings.time >= 0.1 && settings.time <= most)) throw Error("a time limit is from 0.1 to 1e9 seconds");
  }
  if (wish.contains("seed")) {
    const auto seed = whole_number(wish.at("seed"));
    if (!seed) throw Error("a seed is a whole number from 0");
    settings.seed = *seed;
  }
  if (wish.contains("iterations")) {
    const std::uint64_t iterations = whole_number(wish.at("iterations")).value_or(0);
    if (iterations < 1 || iterations > most_iterations) {
      throw Error(fmt::format("a fit has from 1 to {} iterations", most_iterations));
    }
    settings.iterations = static_cast<int>(iterations);
  }
}

// Of the settings what is not as it would be anyway.
void add_settings(const Settings& settings, const std::string& method, std::vector<std::string>& words) {
  const auto add = [&words](const char* name, const std::string& value) {
    words.emplace_back(name);
    words.push_back(value);
  };
  if (settings.seed != 0) add("--seed", std::to_string(settings.seed));
  if (method != "fit") return add("--method", method);
  if (settings.recipe.empty()) add("--quality", settings.quality);
  if (!settings.recipe.empty()) add("--recipe", settings.recipe);
  if (settings.time > 0) add("--time", fmt::format("{:g}", settings.time));
  if (settings.iterations) add("--iterations", std::to_string(*settings.iterations));
  if (settings.device != "auto") add("--device", settings.device);
  if (!settings.precision.empty()) add("--precision", settings.precision);
}

// In a few words.
std::string way_of(const Request& request) {
  if (request.method != "fit") return "method " + request.method;
  if (!request.settings.recipe.empty()) return "recipe " + request.settings.recipe;
  return request.settings.quality + " quality";
}

Json hashed(const std::string& what, const Picture& picture) {
  return {{"what", what}, {"file", picture.name}, {"sha256", picture.sha256}};
}

}  // namespace

Studio::Studio(Settings settings) : settings_(std::move(settings)) {}

Studio::~Studio() {
  if (run_) run_->stop();
  if (thread_.joinable()) thread_.join();
}

void Studio::choose(const PictureHandle& picture) {
  const std::lock_guard lock(mutex_);
  if (is_busy()) throw Error("a run is going; stop it first");
  picture_ = picture;
  ++version_;
}

bool Studio::is_busy() const {
  return run_ && run_->phase() != Run::Phase::done && run_->phase() != Run::Phase::failed;
}

// What the wish says of the task's own options: for the request, the files and the command line.
void Studio::take_options(const Json& wish, RunPlan& plan) const {
  const Json pictures = wish.value("pictures", Json::object());
  const Json options = wish.value("options", Json::object());
  for (const TaskOption& option : find_task(plan.request.task).options) {
    if (option.picture && pictures.contains(option.name)) {
      const PictureHandle picture = album_.find(pictures.at(option.name).get<std::string>());
      plan.request.pictures.emplace(option.name, picture->image);
      plan.files.push_back(hashed(option.name, *picture));
      if (!option.positional) plan.words.push_back(fmt::format("--{}", option.name));
      plan.words.push_back(picture->name);
    } else if (options.contains(option.name)) {
      const std::string value = options.at(option.name).get<std::string>();
      plan.request.options[option.name] = value;
      plan.words.push_back(fmt::format("--{}", option.name));
      const bool is_switch = *option.value == '\0';
      if (!is_switch && !value.empty()) plan.words.push_back(value);
    }
  }
}

RunPlan Studio::plan(const Json& wish) const {
  RunPlan plan;
  plan.wish = wish;
  plan.input = album_.find(wish.at("picture").get<std::string>());
  plan.files.push_back(hashed("input", *plan.input));
  Request& request = plan.request;
  request.task = wish.at("task").get<std::string>();
  request.input = plan.input->image;
  request.method = text_or(wish, "method", "fit");
  request.settings = settings_;
  plan.words = {"dipper", request.task, plan.input->name};
  take_options(wish, plan);
  plan.words.insert(plan.words.end(), {"-o", restored_name(plan.input->name)});
  if (wish.contains("truth")) {
    plan.truth = album_.find(wish.at("truth").get<std::string>());
    request.truth = plan.truth->image;
    plan.files.push_back(hashed("truth", *plan.truth));
    plan.words.insert(plan.words.end(), {"--truth", plan.truth->name});
  }
  if (wish.contains("settings")) take_settings(wish.at("settings"), request.settings);
  add_settings(request.settings, request.method, plan.words);
  plan.title = fmt::format("{} {}: {}", request.task, plan.input->name, way_of(request));
  if (request.method == "fit") {
    request.settings.checkpoint = folder_.path() / "fit";
    request.settings.checkpoint_every = never;
    plan.may_longer = true;
  }
  return plan;
}

void Studio::begin(const Json& wish) {
  RunPlan made = plan(wish);
  Request request = made.request;
  const std::lock_guard lock(mutex_);
  if (is_busy()) throw Error("a run is going; stop it first");
  made.number = ++runs_;
  picture_ = made.input;
  start(std::make_shared<Run>(std::move(made), album_), std::move(request));
}

void Studio::go_on_longer() {
  const std::lock_guard lock(mutex_);
  if (!run_ || is_busy()) throw Error("there is nothing to go on from");
  Request request = run_->go_on_longer();
  start(run_, std::move(request));
}

void Studio::start(std::shared_ptr<Run> run, Request request) {
  if (thread_.joinable()) thread_.join();  // of a run that has ended
  run_ = run;
  ++version_;
  thread_ = std::thread([run = std::move(run), request = std::move(request)] {
    try {
      run->finish(restore(request, [&run](const Progress& progress) { return run->follow(progress); }));
    } catch (const std::bad_alloc&) {
      run->fail("there is not enough memory for this picture; use a smaller one");
    } catch (const std::exception& error) {
      run->fail(error.what());
    }
  });
}

std::shared_ptr<Run> Studio::begin_elsewhere(RunPlan plan) {
  const std::lock_guard lock(mutex_);
  plan.number = ++runs_;
  picture_ = plan.input;
  run_ = std::make_shared<Run>(std::move(plan), album_);
  ++version_;
  return run_;
}

std::shared_ptr<Run> Studio::run() const {
  const std::lock_guard lock(mutex_);
  if (!run_) throw Error("nothing was restored yet");
  return run_;
}

void Studio::still_took(double seconds) const {
  const std::lock_guard lock(mutex_);
  if (run_) run_->still_took(seconds);
}

std::uint64_t Studio::version() {
  const std::lock_guard lock(mutex_);
  constexpr int bits = 40;
  return (version_ << bits) + (run_ ? run_->version() : 0);
}

Json Studio::state() const {
  const std::lock_guard lock(mutex_);
  const bool fresh = picture_ && run_ && run_->plan().input != picture_;
  const bool has_run = run_ && !fresh;
  const Json run = has_run ? run_->state() : Json();
  return {{"phase", has_run    ? run.at("phase").get<std::string>()
                    : picture_ ? "ready"
                               : "empty"},
          {"picture", picture_ ? to_json(*picture_) : Json()},
          {"run", run},
          {"error", has_run ? run_->error() : ""},
          {"output", has_run ? run_->plan().output : ""}};
}

}  // namespace dipper::view
