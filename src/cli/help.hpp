// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace dipper::cli {

/// The words in lines of at most 80 columns, all but the first indented; the first begins at column `indent` already.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t indent);

/// Help of at most 80 columns: names on the left, wrapped descriptions on the right.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_positionals(const CLI::App* app) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace dipper::cli
