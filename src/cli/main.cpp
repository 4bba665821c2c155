// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "base/unfinished.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/mistakes.hpp"
#include "cli/restore_options.hpp"
#include "cli/say.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {
namespace {

/// Every command there is, in the order of help.
std::vector<Command> commands(CLI::App& app, const std::vector<std::string>& words) {
  std::vector<Command> table;
  for (const TaskInfo& task : tasks()) table.push_back(add_restore(app, task, words));
  table.push_back(add_view(app));
  table.push_back(add_damage(app));
  table.push_back(add_compare(app));
  table.push_back(add_recipes(app));
  table.push_back(add_info(app));
  return table;
}

int fail(ExitCode code, const std::string& sentence) {
  say(fmt::format("dipper: {}\n", sentence));
  return code;
}

// A file opened later would take the number of a closed stream, and what is said there would land in the file.
// Writing to the stand-in fails as it does on a closed stream.
void occupy_closed_streams() {
  int descriptor = 0;
  do {
    descriptor = ::open("/dev/null", O_RDONLY);
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0) ::close(descriptor);
}

int run(int argc, char** argv) {
  occupy_closed_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a reader of the progress may go; one of stdout is missed in flushed()
  CLI::App app("Restores one damaged picture by fitting an untrained network to it (Deep Image Prior)", "dipper");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "show this help");  // the commands inherit it
  app.set_version_flag(
      "--version", [] { return "dipper " + build_info().version; }, "show the version");
  app.require_subcommand(0, 1);  // at most one, so that a picture may be called "info"
  const std::vector<std::string> words(argv, argv + argc);
  const std::vector<Command> table = commands(app, words);
  for (const Command& command : table) command.app->group("Commands");
  app.footer("dipper COMMAND --help shows the options of a command\n\nExample: " + tasks().front().example);
  try {
    std::vector<std::string> told = with_preview_told(words);
    std::ranges::reverse(told);          // CLI11 takes them from the end
    if (!told.empty()) told.pop_back();  // the program
    app.parse(told);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return exit_done;
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
    return exit_done;
  } catch (const CLI::ParseError& error) {
    return fail(exit_bad_request, mistake(app, error));
  }
  for (const Command& command : table) {
    if (command.app->parsed()) return command.run();
  }
  fmt::print("{}", app.help());
  return exit_done;
}

// Results that nobody received are no success.
int flushed(int code) {
  if (std::fflush(stdout) == 0) return code;
  return fail(exit_bad_request, "cannot write to the standard output; make room where it goes, or let it go elsewhere");
}

// Takes no memory.
int tell_of_no_memory() {
  say("dipper: there is not enough memory for this picture; use a smaller one\n");
  return exit_bad_request;
}

std::terminate_handler usual_end = nullptr;

// Destructors that need memory end here when there is none (nlohmann's JSON has one), and what nobody expected.
[[noreturn]] void end_at_once() {
  try {
    if (std::current_exception() != nullptr) throw;
  } catch (const std::bad_alloc&) {
    remove_unfinished();
    std::_Exit(tell_of_no_memory());
  } catch (...) {
    usual_end();  // a bug
  }
  std::abort();
}

int ended(int argc, char** argv) {
  try {
    return flushed(run(argc, argv));
  } catch (const FitError& error) {
    return fail(exit_fit_failed, error.what());
  } catch (const Stopped& stop) {
    return fail(exit_interrupted, stop.what());
  } catch (const Error& error) {
    return fail(exit_bad_request, error.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::filesystem::filesystem_error& error) {
    if (error.code() == std::errc::not_enough_memory) throw std::bad_alloc();
    return fail(exit_bad_request, fmt::format("cannot find out where {} is: {}; name another place",
                                              error.path1().string(), error.code().message()));
  } catch (const std::exception& error) {
    return fail(exit_unexpected, error.what());
  }
}

}  // namespace
}  // namespace dipper::cli

int main(int argc, char** argv) {
  using namespace dipper::cli;
  usual_end = std::set_terminate(end_at_once);
  try {
    return ended(argc, argv);
  } catch (const std::bad_alloc&) {  // from there, or from putting a sentence together
    return tell_of_no_memory();
  }
}
