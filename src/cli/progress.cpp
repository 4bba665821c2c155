// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/say.hpp"
#include "cli/terminal.hpp"

namespace dipper::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Throws Error where there is nothing to draw in, or between.
void check_preview(const RestoreOptions& options) {
  constexpr auto refuse_beside = [](const char* other) {
    throw Error(fmt::format("--preview does not go together with {}; leave one of the two out", other));
  };
  if (options.quiet) refuse_beside("--quiet");
  if (options.progress == ProgressStyle::none) refuse_beside("--progress none");
  if (options.progress == ProgressStyle::json) refuse_beside("--progress json");
  if (::isatty(STDERR_FILENO) != 1) {
    throw Error("--preview draws in a terminal, but stderr is none; leave it out, or do not redirect stderr");
  }
  const char* type = std::getenv("TERM");
  if (type == nullptr || std::string(type) == "dumb") {
    throw Error("--preview draws in a terminal that can move its cursor, but TERM says that it cannot; leave it out");
  }
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
  if (options.preview.empty()) return;
  check_preview(options);
  preview_.emplace(choose_graphics(options.preview));
}

ProgressReport::~ProgressReport() {
  end_line();
}

void ProgressReport::end_line() {
  if (line_open_) say("\n");
  line_open_ = false;
}

// Whole lines, which stay.
void ProgressReport::write(const std::string& lines) {
  if (preview_) return preview_->above(lines);
  end_line();
  say(lines);
}

// In place of the last line. One that the terminal had to break could not be redrawn.
void ProgressReport::redraw(const std::string& line) {
  if (preview_) return preview_->line(line);
  say("\r\x1b[K" + line.substr(0, static_cast<std::size_t>(std::max(1, terminal_window().columns - 1))));
  line_open_ = true;
}

void ProgressReport::update(const Progress& progress) {
  if (!progress.stage.empty()) return show_stage(progress);
  stage_.clear();
  if (const auto& psnr = raw_ ? progress.raw_psnr : progress.psnr) psnr_ = psnr;
  if (style_ != ProgressStyle::none && !begun_) begin(progress);
  tell(progress.note);
  if (style_ == ProgressStyle::none) return;
  if (preview_ && progress.picture != nullptr) preview_->picture(raw_ ? *progress.raw : *progress.picture);
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
  style_ == ProgressStyle::line ? redraw(text) : write(text + "\n");
}

void ProgressReport::tell(const std::string& note) {
  if (note.empty()) return;
  if (style_ == ProgressStyle::json) return print_json({{"event", "note"}, {"text", note}});
  write(fmt::format("dipper: {}\n", note));
}

void ProgressReport::begin(const Progress& progress) {
  begun_ = true;
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
    write(fmt::format("{}{}, about {} of memory\n{}\n", title_, steps, megabytes(progress.planned_bytes),
                      progress.summary));
    if (!progress.explanation.empty()) write("\n" + progress.explanation + "\n");
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
    redraw(figures(progress));
  } else {
    write(figures(progress) + "\n");
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
  tell(restoration.note);
  if (preview_) preview_->finish(raw_ ? restoration.raw : restoration.image);
  end_line();
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
