// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dipper::test {

/// What a person sees: the window of a terminal as text, after all that it was sent.
class Screen {
 public:
  Screen(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows, Row(columns, " ")) {}

  void feed(std::string_view text);

  /// The lines with those that were scrolled away, without spaces at their ends; a half block is '#'.
  [[nodiscard]] std::vector<std::string> lines() const;

  /// kitty's pictures that are shown, and in which of lines() they begin.
  [[nodiscard]] const std::vector<std::pair<std::string, std::size_t>>& pictures() const { return pictures_; }

 private:
  using Row = std::vector<std::string>;
  [[nodiscard]] std::size_t control(std::string_view text);
  void graphics(std::string_view body);
  void put(std::string cell);
  void next_line();

  std::size_t columns_;
  std::vector<Row> rows_;
  std::vector<Row> past_;
  std::size_t column_ = 0;
  std::size_t row_ = 0;
  std::pair<std::size_t, std::size_t> saved_;
  std::vector<std::pair<std::string, std::size_t>> pictures_;
};

}  // namespace dipper::test
