// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dipper {

/// The candidate that takes the fewest edits to become `word`; empty when even that one is no likely misspelling, which
/// has about one edit for three letters, and at most three.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// " (did you mean x?)" for the nearest candidate, empty when there is none.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// "1 iteration", "2 iterations"; `noun` in the singular.
[[nodiscard]] std::string count_of(int number, std::string_view noun);

/// The whole text as a number. Throws Error that names `what` when it is none or lies outside [low, high].
[[nodiscard]] double parse_number(std::string_view text, std::string_view what, double low, double high);
[[nodiscard]] int parse_integer(std::string_view text, std::string_view what, int low, int high);

/// The words of a command line, quoted where a POSIX shell needs it.
[[nodiscard]] std::string command_line(const std::vector<std::string>& words);

}  // namespace dipper
