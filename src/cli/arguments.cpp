// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "image/limits.hpp"

namespace dipper::cli {
namespace {

// "--drop -o out.png" lacks the share to drop; CLI11 takes "-o" for it. An empty value is one that a script failed to
// fill in.
CLI::Option* refuse_what_is_no_value(CLI::App& app, CLI::Option* option) {
  option->check([option](const std::string& value) {
    if (value.empty()) throw Error(option->get_name() + " is empty; give it a value");
    return std::string();
  });
  if (!option->nonpositional()) return option;
  return option->check([&app, option](const std::string& value) {
    const std::string name = value.starts_with("--") ? value.substr(0, value.find('=')) : value.substr(0, 2);
    if (name.starts_with('-') && app.get_option_no_throw(name) != nullptr) {
      throw CLI::ArgumentMismatch::TypedAtLeast(option->get_name(), 1, "value");
    }
    return std::string();
  });
}

std::uint64_t parse_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seed);
  if (error == std::errc{} && stop == end) return seed;
  throw Error(fmt::format("--seed is \"{}\" but must be a whole number from 0 to 2^64 - 1", text));
}

// "200M" as 200,000,000, and "1.5G".
std::int64_t parse_pixels(const std::string& text) {
  const char unit = text.empty() ? ' ' : text.back();
  const double times = unit == 'G' ? 1e9 : unit == 'M' ? 1e6 : 1;
  const char* end = text.data() + text.size() - (times > 1 ? 1 : 0);
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const double pixels = number * times;
  if (error == std::errc{} && stop == end && pixels >= 1 && pixels <= static_cast<double>(most_pixels)) {
    return static_cast<std::int64_t>(pixels);
  }
  throw Error(fmt::format("--max-pixels is \"{}\" but must be a number of pixels from 1 to {}M, such as 200M", text,
                          most_pixels / 1'000'000));
}

}  // namespace

CLI::Option* add_switch(CLI::App& app, const Argument& argument, bool& target) {
  return app.add_flag(argument.name, target, argument.help)->disable_flag_override();
}

CLI::Option* add_text(CLI::App& app, const Argument& argument, std::string& target) {
  return refuse_what_is_no_value(app,
                                 app.add_option(argument.name, target, argument.help)->option_text(argument.value));
}

CLI::Option* add_parsed(CLI::App& app, const Argument& argument, const std::function<void(const std::string&)>& take) {
  return refuse_what_is_no_value(
      app, app.add_option_function<std::string>(argument.name, take, argument.help)->option_text(argument.value));
}

CLI::Option* add_repeated(CLI::App& app, const Argument& argument,
                          const std::function<void(const std::string&)>& take) {
  const auto take_all = [take](const std::vector<std::string>& values) {
    for (const std::string& value : values) take(value);
  };
  return refuse_what_is_no_value(
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

CLI::Option* add_seed(CLI::App& app, std::uint64_t& seed) {
  return add_parsed(app, {"--seed", "S", "start of all random numbers: the same seed gives the same picture [0]"},
                    [&seed](const std::string& text) { seed = parse_seed(text); });
}

CLI::Option* add_threads(CLI::App& app, int& threads) {
  return add_integer(app, {"--threads", "N", "threads to use, without effect on the result [one per core]"}, threads, 1,
                     4096);
}

CLI::Option* add_max_pixels(CLI::App& app, ReadLimits& limits) {
  return add_parsed(
      app,
      {"--max-pixels", "N",
       "refuse a picture of more pixels, before any memory is taken for it; 200M are 200 million [1000M, or "
       "what the memory that is free has room for]"},
      [&limits](const std::string& text) { limits.pixels = parse_pixels(text); });
}

void declare_machine(CLI::App& app, Settings& settings) {
  add_threads(app, settings.threads);
  add_text(app, {"--device", "NAME", "what to run on: auto, or a device from dipper info [auto]"}, settings.device);
  add_text(app,
           {"--precision", "NAME", "what an NVIDIA device computes with: f32, tf32, bf16, fp16 or auto [auto: bf16]"},
           settings.precision);
  add_parsed(app, {"--max-memory", "GB", "of the device's memory, beyond which a fit is refused [what is free]"},
             [&settings](const std::string& text) {
               settings.max_memory = 1e9 * parse_number(text, "--max-memory", 1e-3, 1e6);
             });
}

CLI::Option* add_listed(CLI::App& app, const OptionInfo& option, const std::function<void(const std::string&)>& take) {
  const std::string name = "--" + option.name;
  if (option.value.empty()) {
    return app
        .add_flag_callback(
            name, [take] { take("true"); }, option.help)
        ->disable_flag_override();
  }
  const std::string help = option.preset.empty() ? option.help : fmt::format("{} [{}]", option.help, option.preset);
  CLI::Option* added = add_parsed(app, {name, option.value, help}, take);
  if (option.value.starts_with('[')) added->expected(0, 1)->default_str(option.preset);
  return added;
}

}  // namespace dipper::cli
