// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace dipper {
struct TaskInfo;
}

namespace dipper::cli {

/// What the process ends with.
enum ExitCode : int {
  exit_done = 0,
  exit_unexpected = 1,
  exit_bad_request = 2,  ///< dipper::Error, or arguments that make no sense
  exit_fit_failed = 3,
  exit_interrupted = 130,  ///< as shells report SIGINT; the picture so far was written, if there was one
};

/// One subcommand: where its arguments are parsed into, and what it then does.
struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;  ///< returns an ExitCode
};

/// Each adds its subcommand to `app`. A task's subcommand, options and help come from its TaskInfo alone; `words` are
/// the program and its arguments, to say how a stopped fit goes on.
[[nodiscard]] Command add_restore(CLI::App& app, const TaskInfo& task, const std::vector<std::string>& words);
[[nodiscard]] Command add_view(CLI::App& app);
[[nodiscard]] Command add_damage(CLI::App& app);
[[nodiscard]] Command add_compare(CLI::App& app);
[[nodiscard]] Command add_recipes(CLI::App& app);
[[nodiscard]] Command add_info(CLI::App& app);

}  // namespace dipper::cli
