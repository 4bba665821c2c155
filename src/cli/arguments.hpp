// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "dipper/dipper.hpp"

namespace dipper::cli {

/// One option ("-o,--output") or positional ("IN") as help shows it; `value` stands for its value, such as "FILE".
struct Argument {
  std::string name;
  std::string value;
  std::string help;
};

CLI::Option* add_switch(CLI::App& app, const Argument& argument, bool& target);
CLI::Option* add_text(CLI::App& app, const Argument& argument, std::string& target);

/// Calls `take` with the value. What it throws reaches the user as it is.
CLI::Option* add_parsed(CLI::App& app, const Argument& argument, const std::function<void(const std::string&)>& take);

/// The same for an option that may be given many times.
CLI::Option* add_repeated(CLI::App& app, const Argument& argument, const std::function<void(const std::string&)>& take);

CLI::Option* add_integer(CLI::App& app, const Argument& argument, int& target, int low,
                         int high = std::numeric_limits<int>::max());

/// "--seed S", what all random numbers follow from.
CLI::Option* add_seed(CLI::App& app, std::uint64_t& seed);

/// "--threads N".
CLI::Option* add_threads(CLI::App& app, int& threads);

/// "--max-pixels N", for each picture that is read.
CLI::Option* add_max_pixels(CLI::App& app, ReadLimits& limits);

/// What a fit runs on: "--threads", "--device", "--precision" and "--max-memory".
void declare_machine(CLI::App& app, Settings& settings);

/// An option of the library: a switch, or with a value, which may be optional. Calls `take` with the value, "true" for
/// a switch.
CLI::Option* add_listed(CLI::App& app, const OptionInfo& option, const std::function<void(const std::string&)>& take);

}  // namespace dipper::cli
