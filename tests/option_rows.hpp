// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace dipper::test {

/// What a struct of options describes, each value as a row of a table: key, values, default, meaning.
struct OptionRows {
  std::vector<std::string> rows{};

  void add(const char* key, const std::string& values, const std::string& value, const char* help) {
    rows.push_back(fmt::format("| `{}` | {} | {} | {} |", key, values, value, help));
  }
  void integer(const char* key, int value, int low, int high, const char* help) {
    add(key, fmt::format("{} to {}", low, high), fmt::format("{}", value), help);
  }
  void integers(const char* key, const std::vector<int>& values, int low, int high, const char* help) {
    add(key, fmt::format("list, {} to {}", low, high), fmt::format("{}", fmt::join(values, ",")), help);
  }
  void text(const char* key, const std::string& value, const char* help) { add(key, "text", value, help); }
  void number(const char* key, double value, double low, double high, const char* help) {
    add(key, fmt::format("{} to {}", low, high), fmt::format("{}", value), help);
  }
  void flag(const char* key, bool value, const char* help) { add(key, "true, false", value ? "true" : "false", help); }
  void choice(const char* key, const std::string& value, std::initializer_list<std::string> choices, const char* help) {
    add(key, fmt::format("{}", fmt::join(choices, ", ")), value, help);
  }
  void choices(const char* key, const std::vector<std::string>& values, std::initializer_list<std::string> choices,
               const char* help) {
    add(key, fmt::format("list of {}", fmt::join(choices, ", ")), fmt::format("{}", fmt::join(values, ",")), help);
  }
};

/// Expects that the document's tables, of rows that begin with a key, have these and no others.
inline void expect_rows_in(const std::string& document, const OptionRows& expected) {
  std::vector<std::string> written;
  std::ifstream file(DIPPER_SOURCE_DIR "/" + document);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `") && std::count(line.begin(), line.end(), '|') == 5) written.push_back(line);
  }
  for (const std::string& row : expected.rows) {
    EXPECT_EQ(std::count(written.begin(), written.end(), row), 1) << document << " should have this row:\n" << row;
  }
  EXPECT_EQ(written.size(), expected.rows.size()) << document << " has rows of values that do not exist";
}

}  // namespace dipper::test
