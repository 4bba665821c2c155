// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace dipper::cli {

/// What is wrong with the arguments, as one sentence, after `app` failed to parse them.
[[nodiscard]] std::string mistake(const CLI::App& app, const CLI::ParseError& error);

}  // namespace dipper::cli
