// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <vector>

#include "base/text.hpp"

namespace dipper::cli {

CLI::Option* add_switch(CLI::App& app, const Argument& argument, bool& target) {
  return app.add_flag(argument.name, target, argument.help)->disable_flag_override();
}

CLI::Option* add_text(CLI::App& app, const Argument& argument, std::string& target) {
  return app.add_option(argument.name, target, argument.help)->option_text(argument.value);
}

CLI::Option* add_parsed(CLI::App& app, const Argument& argument, const std::function<void(const std::string&)>& take) {
  return app.add_option_function<std::string>(argument.name, take, argument.help)->option_text(argument.value);
}

CLI::Option* add_repeated(CLI::App& app, const Argument& argument,
                          const std::function<void(const std::string&)>& take) {
  const auto take_all = [take](const std::vector<std::string>& values) {
    for (const std::string& value : values) take(value);
  };
  return app.add_option_function<std::vector<std::string>>(argument.name, take_all, argument.help)
      ->allow_extra_args(false)
      ->option_text(argument.value);
}

CLI::Option* add_integer(CLI::App& app, const Argument& argument, int& target, int low, int high) {
  const std::string what = argument.name;
  return add_parsed(app, argument, [&target, what, low, high](const std::string& text) {
    target = parse_integer(text, what, low, high);
  });
}

}  // namespace dipper::cli
