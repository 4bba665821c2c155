// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <vector>

#include "base/text.hpp"

namespace dipper::cli {
namespace {

// "--drop -o out.png" lacks the share to drop; CLI11 takes "-o" for it.
CLI::Option* refuse_options_as_value(CLI::App& app, CLI::Option* option) {
  if (!option->nonpositional()) return option;
  return option->check([&app, option](const std::string& value) {
    const std::string name = value.starts_with("--") ? value.substr(0, value.find('=')) : value.substr(0, 2);
    if (name.starts_with('-') && app.get_option_no_throw(name) != nullptr) {
      throw CLI::ArgumentMismatch::TypedAtLeast(option->get_name(), 1, "value");
    }
    return std::string();
  });
}

}  // namespace

CLI::Option* add_switch(CLI::App& app, const Argument& argument, bool& target) {
  return app.add_flag(argument.name, target, argument.help)->disable_flag_override();
}

CLI::Option* add_text(CLI::App& app, const Argument& argument, std::string& target) {
  return refuse_options_as_value(app,
                                 app.add_option(argument.name, target, argument.help)->option_text(argument.value));
}

CLI::Option* add_parsed(CLI::App& app, const Argument& argument, const std::function<void(const std::string&)>& take) {
  return refuse_options_as_value(
      app, app.add_option_function<std::string>(argument.name, take, argument.help)->option_text(argument.value));
}

CLI::Option* add_repeated(CLI::App& app, const Argument& argument,
                          const std::function<void(const std::string&)>& take) {
  const auto take_all = [take](const std::vector<std::string>& values) {
    for (const std::string& value : values) take(value);
  };
  return refuse_options_as_value(
      app, app.add_option_function<std::vector<std::string>>(argument.name, take_all, argument.help)
               ->allow_extra_args(false)
               ->option_text(argument.value));
}

CLI::Option* add_integer(CLI::App& app, const Argument& argument, int& target, int low, int high) {
  const std::string what = argument.name;
  return add_parsed(app, argument, [&target, what, low, high](const std::string& text) {
    target = parse_integer(text, what, low, high);
  });
}

}  // namespace dipper::cli
