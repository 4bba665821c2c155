// SPDX-License-Identifier: Apache-2.0
#include "view/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/memory.hpp"
#include "base/text.hpp"

namespace dipper::view {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

const char* name_of(Run::Phase phase) {
  switch (phase) {
    case Run::Phase::starting:
      return "starting";
    case Run::Phase::running:
      return "running";
    case Run::Phase::paused:
      return "paused";
    case Run::Phase::done:
      return "done";
    case Run::Phase::failed:
      return "failed";
  }
  return "";
}

// What is said of it, without what it leads to.
Progress words_of(const Progress& progress) {
  Progress words = progress;
  words.picture = words.raw = words.damaged = nullptr;
  words.waited = nullptr;
  words.explanation.clear();
  return words;
}

// The command line with another number of them.
std::vector<std::string> with_iterations(std::vector<std::string> words, int iterations) {
  const auto found = std::find(words.begin(), words.end(), "--iterations");
  if (found != words.end() && found + 1 != words.end()) {
    *(found + 1) = std::to_string(iterations);
  } else {
    words.insert(words.end(), {"--iterations", std::to_string(iterations)});
  }
  return words;
}

}  // namespace

Run::Run(RunPlan plan, Album& album)
    : plan_(std::move(plan)), album_(album), damaged_(plan_.input), truth_(plan_.truth), course_(plan_.raw) {
  told_.width = plan_.input->image.width;
  told_.height = plan_.input->image.height;
}

bool Run::follow(const Progress& progress) {
  const Image* picture = plan_.raw ? progress.raw : progress.picture;
  if (picture != nullptr && progress.stage.empty()) frames_.add(progress.iteration, *picture);
  PictureHandle damaged;
  if (progress.damaged != nullptr) damaged = album_.add(plan_.input->name, "", *progress.damaged);
  std::unique_lock lock(mutex_);
  if (damaged) {
    damaged_ = damaged;
    truth_ = plan_.input;
  }
  if (phase_ == Phase::starting && progress.stage.empty()) phase_ = Phase::running;
  const std::string note = told_.note;
  const auto expected = told_.expected;
  told_ = words_of(progress);
  told_.seconds += seconds_before_;
  if (told_.note.empty()) told_.note = note;
  if (!told_.expected) told_.expected = expected;
  if (const auto& psnr = plan_.raw ? progress.raw_psnr : progress.psnr) psnr_ = psnr;
  Progress timed = progress;
  timed.seconds = told_.seconds;
  if (course_.follow(timed)) ++points_;
  ++version_;
  if (phase_ == Phase::paused && progress.waited != nullptr) {
    using namespace std::chrono_literals;
    const auto began = steady_clock::now();
    const auto over = [this] { return phase_ != Phase::paused || wants_to_stop(); };
    while (!changed_.wait_for(lock, 50ms, over)) continue;  // who ends it elsewhere does not say so here
    *progress.waited += duration<double>(steady_clock::now() - began).count();
  }
  return !wants_to_stop();
}

void Run::finish(Restoration restoration) {
  const bool ends_with_frame = restoration.iterations == 0 || frames_.last() == restoration.iterations;
  if (!ends_with_frame) frames_.add(restoration.iterations, plan_.raw ? restoration.raw : restoration.image);
  restoration.seconds += seconds_before_;
  Json result = result_json(restoration, figures_of(restoration, plan_.raw), {plan_.output, ""});
  result["stopped"] = restoration.stopped;
  result["note"] = restoration.note;
  const auto ended = std::make_shared<const Restoration>(std::move(restoration));
  const std::lock_guard lock(mutex_);
  course_.finish(*ended);
  restoration_ = ended;
  result_ = made_result_ = std::move(result);
  phase_ = Phase::done;
  told_.stage.clear();
  if (const auto& psnr = plan_.raw ? ended->raw_psnr : ended->psnr) psnr_ = psnr;
  if (ended->expected) told_.expected = ended->expected;
  settings_ = Json::array();
  const Json all = settings_json(facts(), plan_.request, *ended);
  for (const auto& [name, value] : all.items()) {
    if (!value.get<std::string>().empty()) settings_.push_back(Json::array({name, value}));
  }
  ++version_;
}

void Run::fail(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  if (restoration_) {
    result_ = made_result_;
    result_["note"] = sentence;
    phase_ = Phase::done;
    told_.stage.clear();
  } else {
    error_ = sentence;
    phase_ = Phase::failed;
  }
  ++version_;
}

void Run::pause() {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::running || plan_.request.method != "fit") throw Error("only a fit that is running can pause");
  phase_ = Phase::paused;
  ++version_;
}

void Run::go_on() {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::paused) throw Error("it is not paused");
  phase_ = Phase::running;
  ++version_;
  changed_.notify_all();
}

void Run::stop() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::done || phase_ == Phase::failed) return;  // which it did a moment before
  stop_ = true;
  ++version_;
  changed_.notify_all();
}

// A picture of the way there: of what is told of the last, little is so of this one.
Json Run::result_of_frame(int iteration, const Image& frame) const {
  Json result = made_result_;
  for (const char* unknown : {"psnr", "ssim", "raw_psnr", "expected_psnr_of_missing", "expected_within"}) {
    result[unknown] = nullptr;
  }
  if (const auto& truth = restoration_->truth) {
    result["psnr"] = number_or_null(psnr(frame, *truth));
    result["ssim"] = number_or_null(ssim(frame, *truth));
  }
  result["classic"] = "";
  result["classic_share"] = 0;
  result["best_iteration"] = iteration;
  return result;
}

void Run::use(int iteration) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::done) throw Error("a frame can be chosen when the run has ended; stop it first");
    const int chosen = iteration == frames_.last() ? 0 : iteration;
    const auto frame = frames_.frame(chosen);
    if (chosen != 0 && !frame) throw Error(fmt::format("the picture of iteration {} was not kept", chosen));
    result_ = chosen == 0 ? made_result_ : result_of_frame(chosen, *frame);
    used_ = chosen;
    ++version_;
  }
  if (plan_.save) plan_.save(result());
}

std::uint64_t Run::version() {
  constexpr double share = 0.02;  // of the time, for making what is shown
  const std::lock_guard lock(mutex_);
  const int last = frames_.last();
  if (last == shown_) return version_;
  const double since = duration<double>(steady_clock::now() - shown_at_).count();
  if (shown_ != 0 && phase_ != Phase::done && since < still_seconds_ / share) return version_;
  shown_ = last;
  shown_at_ = steady_clock::now();
  return ++version_;
}

Run::Phase Run::phase() const {
  const std::lock_guard lock(mutex_);
  return phase_;
}

void Run::still_took(double seconds) {
  const std::lock_guard lock(mutex_);
  still_seconds_ = seconds;
}

Image Run::result() const {
  const std::lock_guard lock(mutex_);
  if (!restoration_) throw Error("there is no result yet");
  if (used_ != 0) {
    if (auto frame = frames_.frame(used_)) return *std::move(frame);
  }
  return made();
}

Json Run::curve() const {
  const std::lock_guard lock(mutex_);
  Json all = Json::array();
  for (const Course::Point& point : course_.points()) {
    all.push_back(Json::array(
        {point.iteration, number_or_null(point.loss), number_or_null(point.psnr), number_or_null(point.expected)}));
  }
  return all;
}

RunFacts Run::facts() const {
  return {plan_.input->name, command_line(plan_.words), told_.summary, plan_.files, plan_.raw};
}

// What its own rule ended would end there again.
bool Run::may_go_on_longer() const {
  return phase_ == Phase::done && plan_.may_longer && !restoration_->checkpoint.empty() && restoration_->reason.empty();
}

Request Run::go_on_longer() {
  constexpr int least = 50;
  const std::lock_guard lock(mutex_);
  if (!may_go_on_longer()) throw Error("there is nothing to go on from");
  Settings& settings = plan_.request.settings;
  settings.resume = restoration_->checkpoint;
  const int made = restoration_->iterations;
  const bool was_over = !restoration_->stopped;
  if (was_over) {
    settings.iterations = made + std::max(least, made / 2);
    plan_.words = with_iterations(plan_.words, *settings.iterations);
  }
  seconds_before_ = told_.seconds = restoration_->seconds;
  phase_ = Phase::starting;
  stop_ = false;
  used_ = 0;
  ++version_;
  return plan_.request;
}

std::string Run::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

Json Run::state() const {
  const std::lock_guard lock(mutex_);
  const bool ended = phase_ == Phase::done;
  const bool goes = !ended && phase_ != Phase::failed;
  return {{"number", plan_.number},
          {"title", plan_.title},
          {"task", plan_.request.task},
          {"method", plan_.request.method},
          {"summary", told_.summary},
          {"width", told_.width},
          {"height", told_.height},
          {"raw", plan_.raw},
          {"phase", name_of(phase_)},
          {"damaged", damaged_->id},
          {"truth", truth_ ? Json(truth_->id) : Json()},
          {"stage", told_.stage},
          {"stage_done", told_.stage_done},
          {"iteration", told_.iteration},
          {"iterations", told_.iterations},
          {"loss", number_or_null(told_.loss)},
          {"psnr", number_or_null(psnr_)},
          {"expected", told_.expected ? Json(told_.expected->psnr) : Json()},
          {"expected_within", told_.expected ? Json(told_.expected->within) : Json()},
          {"seconds", told_.seconds},
          {"seconds_left", told_.seconds_left},
          {"iterations_per_second", told_.iterations_per_second},
          {"bytes", resident_bytes()},
          {"rollbacks", told_.rollbacks},
          {"note", told_.note},
          {"shown", shown_},
          {"frames", frames_.iterations()},
          {"curve", points_},
          {"used", used_},
          {"may_pause", phase_ == Phase::running && !stop_ && plan_.request.method == "fit"},
          {"may_resume", phase_ == Phase::paused},
          {"may_stop", goes && !stop_},
          {"may_longer", may_go_on_longer()},
          {"may_download", ended},
          {"result", ended ? result_ : Json()},
          {"settings", ended ? settings_ : Json::array()},
          {"request", plan_.wish},
          {"command", command_line(plan_.words)}};
}

// What takes long is made of copies, so that nobody waits for it.
std::string Run::report() const {
  const Image restored = result();
  Report page;
  const std::vector<int> iterations = frames_.iterations();
  for (const int iteration : iterations) {
    if (iteration == iterations.back()) continue;
    if (const auto frame = frames_.frame(iteration)) page.frame(iteration, *frame);
  }
  if (!iterations.empty()) {
    const auto last = frames_.frame(iterations.back());
    page.last_frame(iterations.back(), last ? *last : restored);
  }
  std::unique_lock lock(mutex_);
  const auto restoration = restoration_;
  const PictureHandle damaged = damaged_;
  const Json run = run_json(facts(), plan_.request, *restoration, course_, result_);
  lock.unlock();
  page.picture("damaged", "damaged", damaged->image);
  page.picture("restored", "restored", restored);
  if (restoration->truth) page.picture("truth", "truth", *restoration->truth);
  return page.page(fmt::format("{} {}", plan_.request.task, plan_.input->name), to_line(run));
}

}  // namespace dipper::view
