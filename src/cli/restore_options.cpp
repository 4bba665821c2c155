// SPDX-License-Identifier: Apache-2.0
#include "cli/restore_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/graphics.hpp"
#include "fit/recipe.hpp"

namespace dipper::cli {
namespace {

ProgressStyle parse_style(const std::string& text) {
  constexpr std::array<std::pair<const char*, ProgressStyle>, 5> styles = {{{"auto", ProgressStyle::automatic},
                                                                            {"line", ProgressStyle::line},
                                                                            {"plain", ProgressStyle::plain},
                                                                            {"json", ProgressStyle::json},
                                                                            {"none", ProgressStyle::none}}};
  std::vector<std::string> names;
  for (const auto& [name, style] : styles) {
    if (text == name) return style;
    names.emplace_back(name);
  }
  throw Error(fmt::format("--progress is \"{}\"{} but must be auto, line, plain, json or none", text,
                          did_you_mean(text, names)));
}

std::string parse_preview(const std::string& text) {
  const std::vector<std::string>& names = graphics_names();
  if (std::ranges::find(names, text) != names.end()) return text;
  throw Error(fmt::format("--preview is \"{}\"{} but must be {}, {}, {} or {}", text, did_you_mean(text, names),
                          names[0], names[1], names[2], names[3]));
}

// "adam.rate=0.01" into the map.
void parse_assignment(const std::string& text, std::map<std::string, std::string>& set) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(fmt::format("--set needs key=value but was given \"{}\"", text));
  }
  set[text.substr(0, equals)] = text.substr(equals + 1);
}

void declare_task(CLI::App& command, const TaskInfo& task, RestoreOptions& options) {
  command.option_defaults()->group("What is damaged");
  for (const OptionInfo& option : task.options) {
    const auto take = [&options, option](const std::string& value) {
      auto& values = option.picture ? options.task_pictures : options.task_options;
      values[option.name] = value;
      options.damages = options.damages || option.damages;
    };
    if (option.positional) {
      add_parsed(command, {option.value, "", option.help}, take)->required();
    } else {
      add_listed(command, option, take);
    }
  }
}

void declare_outputs(CLI::App& command, RestoreOptions& options) {
  command.option_defaults()->group("Output");
  add_text(command, {"-o,--output", "OUT", "the restored picture; its extension says the format"}, options.output)
      ->required();
  add_switch(command,
             {"--raw", "",
              "write what the network alone says: nothing of a classical method, no known pixels put back; for "
              "upscale, dejpeg and deblur the same as without"},
             options.raw);
  add_text(command, {"--frames", "DIR", "write the picture so far to DIR/frame_000250.png and so on"}, options.frames);
  add_integer(command, {"--every", "N", "iterations between frames [as the recipe says]"}, options.settings.every, 1,
              most_iterations);
  add_text(command, {"--animation", "FILE", "write the frames as one .gif or .webp that plays for ever"},
           options.animation);
  add_integer(command, {"--animation-size", "N", "the longer side of the animation in pixels [200]"},
              options.animation_size, 8, 4096);
  add_text(command, {"--strip", "FILE", "write truth, damaged and restored side by side, at most 512 rows high"},
           options.strip);
  add_text(command,
           {"--uncertainty", "MAP",
            "write how far each pixel may be off: its brightness is ten times the standard deviation of the error, so "
            "black is certain and white off by a tenth of the way from black to white, or more"},
           options.uncertainty);
  add_text(command,
           {"--report", "DIR|FILE.html",
            "write one page with the pictures, the course, the frames, all settings and files, and the same as JSON"},
           options.report);
  add_switch(command, {"--json", "", "one JSON object on stdout: figures, seed, recipe, output"}, options.json);
}

std::string methods_help(const TaskInfo& task) {
  std::string help = "fit: a network, fitted to the picture";
  if (task.methods.empty()) help += ", the only one of this task";
  for (const MethodInfo& method : task.methods) help += fmt::format("; {}: {}", method.name, method.help);
  return help + " [fit]";
}

void declare_fit(CLI::App& command, const TaskInfo& task, RestoreOptions& options) {
  Settings& settings = options.settings;
  command.option_defaults()->group("Fit");
  add_text(command, {"--method", "NAME", methods_help(task)}, options.method);
  add_text(command, {"--quality", "HOW", "fast, balanced or best: the better, the longer the fit takes [balanced]"},
           settings.quality);
  add_parsed(command, {"--time", "SECONDS", "what all may take: make the best of it [as long as the quality needs]"},
             [&settings](const std::string& text) { settings.time = parse_number(text, "--time", 0.1, 1e9); });
  add_text(command,
           {"--recipe", "NAME|FILE",
            "how to fit: a name from dipper recipes, or a file [the one that the quality has for the damage]"},
           settings.recipe);
  add_repeated(command, {"--set", "KEY=VALUE", "replace one value of the recipe; may be repeated"},
               [&settings](const std::string& text) { parse_assignment(text, settings.set); });
  add_parsed(command, {"--iterations", "N", "iterations to run [as the recipe says]"},
             [&settings](const std::string& text) {
               settings.iterations = parse_integer(text, "--iterations", 1, most_iterations);
             });
  add_seed(command, settings.seed);
  declare_machine(command, settings);
  add_max_pixels(command, options.limits);
  add_text(command, {"--truth", "FILE", "the undamaged picture, to measure against; the fit never sees it"},
           options.truth);
}

void declare_checkpoints(CLI::App& command, RestoreOptions& options) {
  Settings& settings = options.settings;
  command.option_defaults()->group("Stopping and going on");
  add_text(command,
           {"--checkpoint", "FILE",
            "save the fit's state to FILE, and the one before to FILE.1; none: never [OUT.checkpoint, until OUT is "
            "written]"},
           options.checkpoint);
  add_parsed(command, {"--checkpoint-every", "SECONDS", "how often; 0: after every iteration [60]"},
             [&settings](const std::string& text) {
               settings.checkpoint_every = parse_number(text, "--checkpoint-every", 0, 1e9);
             });
  add_parsed(command,
             {"--resume", "FILE",
              "go on from a checkpoint, to the same bits as a run that never stopped; all else must be as it was, but "
              "for --iterations"},
             [&settings](const std::string& text) { settings.resume = text; });
}

void declare_progress(CLI::App& command, RestoreOptions& options) {
  command.option_defaults()->group("Progress and help");
  add_parsed(command,
             {"--progress", "STYLE",
              "on stderr: line (redrawn), plain (a line every two seconds), json (an object a line) or none "
              "[auto: line on a terminal, else plain]"},
             [&options](const std::string& text) { options.progress = parse_style(text); });
  add_parsed(
      command,
      {"--preview", "[HOW]",
       "draw the picture so far in the terminal, as kitty, sixel or blocks, which have two pixels in a character "
       "[auto: the best that the terminal knows]"},
      [&options](const std::string& text) { options.preview = parse_preview(text); })
      ->expected(0, 1)
      ->default_str(graphics_names().front());
  add_switch(command,
             {"--explain", "", "say which kernel does each layer, how long it takes and how tensors share memory"},
             options.settings.explain);
  add_switch(command, {"--quiet", "", "say nothing unless something is wrong"}, options.quiet);
  command.set_help_flag("-h,--help", "show this help");
}

void declare_page(CLI::App& command, RestoreOptions& options) {
  command.option_defaults()->group("Watching in the browser");
  add_switch(command,
             {"--view", "", "a page shows the fit and steers it, and stays until it is ended there or by Ctrl-C"},
             options.view);
  declare_view(command, options.page);
}

}  // namespace

std::vector<std::string> with_preview_told(std::vector<std::string> words) {
  const std::vector<std::string>& names = graphics_names();
  const auto end = std::ranges::find(words, "--");
  for (auto word = words.begin(); word != end; ++word) {
    if (*word != "--preview") continue;
    const bool told = word + 1 != end && !nearest(*(word + 1), names).empty();
    if (!told) *word += "=" + names.front();
  }
  return words;
}

void declare(CLI::App& command, const TaskInfo& task, RestoreOptions& options) {
  add_text(command, {"IN", "", task.input + " (PNG, JPEG, WebP or TIFF)"}, options.input)->required();
  declare_task(command, task, options);
  declare_outputs(command, options);
  declare_fit(command, task, options);
  declare_checkpoints(command, options);
  declare_page(command, options);
  declare_progress(command, options);
  command.footer("Example: " + task.example);
}

}  // namespace dipper::cli
