// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace dipper::cli {
namespace {

constexpr std::size_t line_width = 80;
constexpr std::size_t left = 28;  // the column at which descriptions begin

std::string row(const std::string& name, const std::string& help) {
  const bool fits = name.size() + 4 <= left;
  const std::string gap = fits ? std::string(left - 2 - name.size(), ' ') : "\n" + std::string(left, ' ');
  return fmt::format("  {}{}{}\n", name, gap, wrap(help, left));
}

}  // namespace

std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > indent && column + 1 + word.size() > line_width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::string help = Formatter::make_help(app, std::move(name), mode);
  for (std::size_t gap = 0; (gap = help.find("\n\n\n", gap)) != std::string::npos;) help.erase(gap, 1);
  return help;
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return wrap(app->get_description(), 0) + "\n";
}

std::string HelpFormatter::make_positionals(const CLI::App* app) const {
  const std::string help = Formatter::make_positionals(app);
  return help.empty() ? help : "\nArguments" + help.substr(help.find(':'));
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  const bool has_commands = !app->get_subcommands([](const CLI::App*) { return true; }).empty();
  std::string usage = fmt::format("\nUsage: {}{}", name, has_commands ? " COMMAND" : "");
  for (const CLI::Option* argument : app->get_options()) {
    if (argument->get_positional()) {
      const std::string positional = argument->get_name(true);
      usage += argument->get_required() ? " " + positional : " [" + positional + "]";
    } else if (argument->get_required()) {
      usage += fmt::format(" {} {}", argument->get_name(), argument->get_option_text());
    }
  }
  return usage + (has_commands ? " ...\n" : " [OPTIONS]\n");
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string name = option->get_name(is_positional, true);
  if (const std::size_t comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
  if (!is_positional && !option->get_option_text().empty()) name += " " + option->get_option_text();
  return row(name, option->get_description());
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return row(command->get_name(), command->get_description());
}

}  // namespace dipper::cli
