// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "dipper/error.hpp"

namespace dipper {
namespace {

// Letters added, left out, replaced, or exchanged with the next one (the optimal string alignment distance).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);  // the last row but one
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1});
      const bool exchanged = i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j];
      if (exchanged) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
  }
  return row.back();
}

template <class T>
T parse(std::string_view text, std::string_view what, T low, T high, std::string_view kind) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value >= low && value <= high) return value;
  throw Error(fmt::format("{} is \"{}\" but must be {} from {} to {}", what, text, kind, low, high));
}

// As a POSIX shell takes it for one word.
std::string quoted(const std::string& word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text;
  for (const char letter : word) {
    if (letter == '\'') text += "'\\'";
    text += letter;
  }
  return fmt::format("'{}'", text);
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  std::string best;
  // Two edits turn any word of two letters into any other. The dashes before an option's name tell nothing.
  const std::size_t letters = word.size() - std::min(word.find_first_not_of('-'), word.size());
  std::size_t least = std::min<std::size_t>(3, (letters + 1) / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edits(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::string best = nearest(word, candidates);
  return best.empty() ? "" : fmt::format(" (did you mean {}?)", best);
}

std::string count_of(int number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

double parse_number(std::string_view text, std::string_view what, double low, double high) {
  return parse<double>(text, what, low, high, "a number");
}

int parse_integer(std::string_view text, std::string_view what, int low, int high) {
  return parse<int>(text, what, low, high, "a whole number");
}

std::string command_line(const std::vector<std::string>& words) {
  std::vector<std::string> each(words.size());
  std::ranges::transform(words, each.begin(), quoted);
  return fmt::format("{}", fmt::join(each, " "));
}

}  // namespace dipper
