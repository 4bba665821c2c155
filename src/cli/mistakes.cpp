// SPDX-License-Identifier: Apache-2.0
#include "cli/mistakes.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace dipper::cli {
namespace {

std::string unknown_option(const CLI::App& command, const std::string& full_name, const std::string& argument) {
  const std::string given = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return fmt::format("{} has no option {}{}; {} --help lists them", full_name, given, did_you_mean(given, names),
                     full_name);
}

std::string unknown_command(const CLI::App& app, const std::string& given) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return fmt::format("there is no command {}{}; dipper --help lists them", given, did_you_mean(given, names));
}

bool lacks_value(const CLI::ParseError& error) {
  const std::string_view text = error.what();
  return dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr &&
         text.find("required") != std::string_view::npos && text.find("missing") != std::string_view::npos;
}

// What CLI11 says of a value too many or too few begins with the option's name.
std::string wrong_count(const CLI::ParseError& error) {
  const std::string_view text = error.what();
  const std::string_view name = text.substr(0, text.find_first_of(": "));
  if (text.find("flag override") != std::string_view::npos) return fmt::format("--{} takes no value", name);
  if (lacks_value(error)) return fmt::format("{} needs a value after it", name);
  return fmt::format("{} was given more than once", name);
}

}  // namespace

std::string mistake(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<const CLI::App*> parsed =
      app.get_subcommands([](const CLI::App* command) { return command->parsed(); });
  const CLI::App& command = parsed.empty() ? app : *parsed.front();
  const std::string full_name = parsed.empty() ? "dipper" : "dipper " + command.get_name();
  if (lacks_value(error)) return wrong_count(error);
  // An argument that nothing took explains most of what else may be wrong.
  for (const std::string& left : command.remaining()) {
    if (left.starts_with('-')) return unknown_option(command, full_name, left);
    if (parsed.empty()) return unknown_command(app, left);
    return fmt::format("{} does not know what to do with {}; {} --help shows its arguments", full_name, left,
                       full_name);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    const std::string_view text = error.what();
    return fmt::format("{} needs {}; {} --help shows its arguments", full_name, text.substr(0, text.find(' ')),
                       full_name);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return wrong_count(error);
  return error.what();
}

}  // namespace dipper::cli
