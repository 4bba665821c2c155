// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/say.hpp"

namespace dipper::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void print_json(const Json& object) {
  say(to_line(object) + "\n");
}

std::string megabytes(std::size_t bytes) {
  const double mega = static_cast<double>(bytes) / 1e6;
  return mega < 10000 ? fmt::format("{:.0f} MB", std::ceil(mega)) : fmt::format("{:.1f} GB", mega / 1000);
}

std::string speed(double per_second) {
  return fmt::format("{:.{}f} it/s", per_second, per_second < 10 ? 2 : 0);
}

}  // namespace

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.0f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

ProgressReport::ProgressReport(const RestoreOptions& options, std::string title)
    : style_(options.progress), quiet_(options.quiet), raw_(options.raw), title_(std::move(title)) {
  if (style_ == ProgressStyle::automatic) {
    style_ = ::isatty(STDERR_FILENO) == 1 ? ProgressStyle::line : ProgressStyle::plain;
  }
  if (quiet_) style_ = ProgressStyle::none;
}

void ProgressReport::update(const Progress& progress) {
  if (!progress.stage.empty()) return show_stage(progress);
  stage_.clear();
  if (const auto& psnr = raw_ ? progress.raw_psnr : progress.psnr) psnr_ = psnr;
  if (style_ != ProgressStyle::none && !begun_) begin(progress);
  tell(progress.note);
  if (style_ == ProgressStyle::none) return;
  if (progress.iteration > progress.resumed_from && due(progress)) show(progress);  // before there is only the plan
}

// What is done beside the iterations: at once, and then as often as they would be shown.
void ProgressReport::show_stage(const Progress& progress) {
  if (style_ == ProgressStyle::none) return;
  const milliseconds pause(style_ == ProgressStyle::plain ? 2000 : 100);
  if (stage_ == progress.stage && steady_clock::now() - shown_ < pause) return;
  stage_ = progress.stage;
  shown_ = steady_clock::now();
  if (style_ == ProgressStyle::json) {
    return print_json(
        {{"event", "stage"}, {"stage", progress.stage}, {"done", progress.stage_done}, {"seconds", progress.seconds}});
  }
  std::string text = progress.stage;
  if (progress.stage_done > 0) text += fmt::format(" {:.0f} %", 100 * progress.stage_done);
  text += fmt::format("  {}", duration(progress.seconds));
  say(style_ == ProgressStyle::line ? "\r\x1b[K" + text : text + "\n");
  line_open_ = style_ == ProgressStyle::line;
}

void ProgressReport::tell(const std::string& note) {
  if (note.empty()) return;
  if (style_ == ProgressStyle::json) return print_json({{"event", "note"}, {"text", note}});
  say(fmt::format("{}dipper: {}\n", line_open_ ? "\n" : "", note));
  line_open_ = false;
}

void ProgressReport::begin(const Progress& progress) {
  begun_ = true;
  if (line_open_) say("\n");
  line_open_ = false;
  if (style_ == ProgressStyle::json) {
    Json start{{"event", "start"},
               {"title", title_},
               {"summary", progress.summary},
               {"iterations", progress.iterations},
               {"resumed_from_iteration", progress.resumed_from},
               {"planned_bytes", progress.planned_bytes}};
    if (!progress.explanation.empty()) start["explanation"] = progress.explanation;
    print_json(start);
  } else {
    std::string steps = progress.iterations > 0 ? ", " + count_of(progress.iterations, "iteration") : "";
    if (progress.resumed_from > 0)
      steps += fmt::format(" of which {} {} done", progress.resumed_from, progress.resumed_from == 1 ? "is" : "are");
    say(fmt::format("{}{}, about {} of memory\n{}\n", title_, steps, megabytes(progress.planned_bytes),
                    progress.summary));
    if (!progress.explanation.empty()) say("\n" + progress.explanation + "\n");
  }
}

// The first, the last, and between them no more than a reader can follow; programs also get every one with a picture.
bool ProgressReport::due(const Progress& progress) const {
  if (progress.iteration == progress.iterations || shown_ == steady_clock::time_point{}) return true;
  if (style_ == ProgressStyle::json && progress.picture != nullptr) return true;
  const milliseconds pause(style_ == ProgressStyle::plain ? 2000 : 100);
  return steady_clock::now() - shown_ >= pause;
}

void ProgressReport::show(const Progress& progress) {
  shown_ = steady_clock::now();
  if (style_ == ProgressStyle::json) {
    print_json({{"event", "progress"},
                {"iteration", progress.iteration},
                {"iterations", progress.iterations},
                {"loss", number_or_null(progress.loss)},
                {"psnr", number_or_null(progress.psnr)},
                {"raw_psnr", number_or_null(progress.raw_psnr)},
                {"expected_psnr_of_missing", progress.expected ? Json(progress.expected->psnr) : Json()},
                {"rollbacks", progress.rollbacks},
                {"seconds", progress.seconds},
                {"iterations_per_second", progress.iterations_per_second},
                {"seconds_left", progress.seconds_left}});
  } else if (style_ == ProgressStyle::line) {
    // A line that the terminal had to break could not be redrawn.
    const auto columns = static_cast<std::size_t>(terminal_columns() - 1);
    say("\r\x1b[K" + figures(progress).substr(0, columns));
    line_open_ = true;
  } else {
    say(figures(progress) + "\n");
  }
}

std::string ProgressReport::figures(const Progress& progress) const {
  std::string text = fmt::format("{:>{}}/{}  loss {:<7.5g}", progress.iteration,
                                 fmt::formatted_size("{}", progress.iterations), progress.iterations, progress.loss);
  if (psnr_) text += fmt::format("  PSNR {:.2f} dB", *psnr_);
  if (progress.expected) text += fmt::format("  expected {:.1f} dB", progress.expected->psnr);
  if (progress.rollbacks > 0) text += fmt::format("  rolled back {}x", progress.rollbacks);
  if (progress.iteration > 0) text += "  " + speed(progress.iterations_per_second);
  if (progress.iteration > 0 && progress.iteration < progress.iterations) {
    text += fmt::format("  {} left", duration(progress.seconds_left));
  }
  return text;
}

void ProgressReport::finish(const std::string& sentence, const Restoration& restoration, const std::string& resume) {
  if (line_open_) say("\n");
  line_open_ = false;
  tell(restoration.note);
  if (quiet_) return;
  if (style_ == ProgressStyle::json) {
    Json end{{"event", restoration.stopped ? "stopped" : "done"},
             {"text", sentence},
             {"iterations", restoration.iterations},
             {"seconds", restoration.seconds}};
    if (!resume.empty()) end["resume"] = resume;
    print_json(end);
  } else {
    say(sentence + "\n");
    if (!resume.empty()) say(fmt::format("go on with: {}\n", resume));
  }
}

}  // namespace dipper::cli
