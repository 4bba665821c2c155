// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/attempts.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/interrupt.hpp"
#include "cli/outputs.hpp"
#include "cli/progress.hpp"
#include "cli/restore_options.hpp"
#include "cli/resume.hpp"
#include "cli/run_report.hpp"
#include "cli/say.hpp"
#include "cli/watched_run.hpp"
#include "dipper/dipper.hpp"
#include "view/run_record.hpp"

namespace dipper::cli {
namespace {

// "inpaint photo.png 512x512 RGB: balanced quality"
std::string title(const Request& request, const RestoreOptions& options) {
  constexpr std::array<const char*, 4> kinds = {"gray", "gray with alpha", "RGB", "RGB with alpha"};
  const Image& input = request.input;
  std::string text = fmt::format("{} {} {}x{} {}: ", request.task, options.input, input.width, input.height,
                                 kinds.at(static_cast<std::size_t>(input.channels - 1)));
  if (request.method != "fit") return text + "method " + request.method;
  text += request.settings.recipe.empty() ? request.settings.quality + " quality" : "recipe " + request.settings.recipe;
  if (request.settings.device != "auto") text += ", device " + request.settings.device;
  if (!request.settings.precision.empty()) text += ", precision " + request.settings.precision;
  return text;
}

// A line of its own about the map, where one was asked for.
std::string uncertainty_line(const RestoreOptions& options, const Restoration& restoration) {
  if (options.uncertainty.empty() || restoration.method != "fit") return "";
  if (!restoration.uncertainty) {
    return fmt::format("\nthere is no {}: {}", options.uncertainty,
                       restoration.iterations == 0 ? "there was no fit"
                                                   : "what the fit showed says too little of how far it may be off");
  }
  const Uncertainty& found = *restoration.uncertainty;
  std::string text = fmt::format("\nexpected error {:.4f} of the way from black to white", found.mean_error);
  if (found.within_one) {
    text += fmt::format("; of the held-out samples {:.0f} % lie within one deviation and {:.0f} % within two",
                        100 * *found.within_one, 100 * *found.within_two);
  }
  if (!found.calibrated) text += ", as the spread of the fit's pictures has it, which no known pixel confirms";
  return fmt::format("{} -> {}", text, options.uncertainty);
}

std::string sentence(const RestoreOptions& options, const Restoration& restoration, const view::Figures& figures) {
  std::string how = restoration.method == "fit" ? count_of(restoration.iterations, "iteration")
                                                : fmt::format("method {}", restoration.method);
  if (restoration.resumed_from > 0) how += fmt::format(", {} of them before", restoration.resumed_from);
  std::string text = fmt::format("{} {} {} {:.1f} s ({})", restoration.stopped ? "stopped" : "restored", options.input,
                                 restoration.stopped ? "after" : "in", restoration.seconds, how);
  if (!restoration.classic.empty()) {
    text += fmt::format(", {:.0f} % of it {}", 100 * restoration.classic_share, restoration.classic);
  }
  if (restoration.expected) {
    text += fmt::format(", expected PSNR of what was missing {:.1f} dB (+-{:.1f})", restoration.expected->psnr,
                        restoration.expected->within);
  }
  if (figures.psnr) text += fmt::format(", PSNR {:.2f} dB", *figures.psnr);
  if (figures.ssim) text += fmt::format(", SSIM {:.3f}", *figures.ssim);
  text = fmt::format("{} -> {}{}", text, options.output, uncertainty_line(options, restoration));
  if (restoration.reason.empty()) return text;
  const std::string ended = restoration.iterations > 0
                                ? fmt::format("stopped after {}", count_of(restoration.iterations, "iteration"))
                                : "there was no iteration";
  return fmt::format("{}\n{}: {}", text, ended, restoration.reason);
}

// For a fit whose picture could not be written.
std::string way_on(const std::vector<std::string>& words, const Restoration& restoration) {
  if (restoration.checkpoint.empty()) return "";
  return fmt::format("; what the fit reached is kept, so go on with {}", resume_command(words, restoration.checkpoint));
}

// The page hears of what goes wrong too.
Restoration watched_restore(const Request& request, std::optional<WatchedRun>& watched,
                            const ProgressCallback& progress) {
  try {
    return restore(request, progress);
  } catch (const std::exception& error) {
    if (watched) watched->fail(error.what());
    throw;
  }
}

int restore_file(const TaskInfo& task, const RestoreOptions& options, const std::vector<std::string>& words) {
  const auto began = std::chrono::steady_clock::now();
  Inputs inputs = read_inputs(task.name, options);
  Request& request = inputs.request;
  Outputs outputs(options, request.input);
  std::optional<RunReport> page;
  if (!options.report.empty()) page.emplace(options, command_line(without_resume(words)), inputs.files);
  std::optional<WatchedRun> watched;
  if (options.view) watched.emplace(options, request, title(request, options), without_resume(words), inputs.files);
  ProgressReport report(options, title(request, options));
  report.tell(warning_of_replacement(options));
  catch_interrupts();
  if (request.settings.time > 0) {
    request.settings.time_after = outputs.seconds_per_pixel(request.input);
    request.settings.time_before = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }

  const auto restoration = watched_restore(request, watched, [&](const Progress& progress) {
    if (progress.iteration == progress.resumed_from) outputs.check_size(progress.width, progress.height);
    report.tell(outputs.frame(progress));
    if (page) page->follow(progress);
    report.update(progress);
    const bool go_on = !watched || watched->follow(progress);
    return go_on && !interrupted();
  });

  Attempts attempts;
  if (attempts([&] { outputs.write(request, restoration); })) remove_checkpoint(options, restoration);
  const view::Figures figures = view::figures_of(restoration, options.raw);
  const Json result = view::result_json(restoration, figures, {options.output, options.uncertainty});
  if (page) attempts([&] { page->write(request, restoration, result, outputs.has_picture()); });
  if (!attempts.failure().empty()) {
    const std::string failure = attempts.failure() + way_on(words, restoration);
    if (watched) watched->fail(failure);
    throw Error(failure);
  }
  const bool may_resume = restoration.stopped && !restoration.checkpoint.empty();
  report.finish(sentence(options, restoration, figures), restoration,
                may_resume ? resume_command(words, restoration.checkpoint) : "");
  if (options.json) fmt::print("{}\n", to_line(result));
  if (watched) watched->stay(restoration);
  if (!restoration.failure.empty()) {
    say(fmt::format("dipper: {}; the best picture so far is {}\n", restoration.failure, options.output));
    return exit_fit_failed;
  }
  return restoration.stopped ? exit_interrupted : exit_done;
}

}  // namespace

Command add_restore(CLI::App& app, const TaskInfo& task, const std::vector<std::string>& words) {
  const auto options = std::make_shared<RestoreOptions>();
  CLI::App& command = *app.add_subcommand(task.name, task.summary);
  declare(command, task, *options);
  return {&command, [task, options, words] { return restore_file(task, *options, words); }};
}

}  // namespace dipper::cli
