// SPDX-License-Identifier: Apache-2.0
#include "cli/screen.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace dipper::test {

void Screen::next_line() {
  if (row_ + 1 < rows_.size()) {
    ++row_;
    return;
  }
  past_.push_back(std::move(rows_.front()));
  rows_.erase(rows_.begin());
  rows_.emplace_back(columns_, " ");
}

void Screen::put(std::string cell) {
  if (column_ == columns_) {
    column_ = 0;
    next_line();
  }
  rows_[row_][column_++] = std::move(cell);
}

// "\x1b[12A" and its kind; returns its size.
std::size_t Screen::control(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789;?", 2);
  const auto count = static_cast<std::size_t>(std::max(1, std::atoi(std::string(text.substr(2, end - 2)).c_str())));
  switch (text[end]) {
    case 'A':
      row_ -= std::min(row_, count);
      break;
    case 'B':
      row_ = std::min(row_ + count, rows_.size() - 1);
      break;
    case 'J':
      std::fill(rows_.begin() + static_cast<std::ptrdiff_t>(row_) + 1, rows_.end(), Row(columns_, " "));
      [[fallthrough]];
    case 'K':
      std::fill(rows_[row_].begin() + static_cast<std::ptrdiff_t>(column_), rows_[row_].end(), " ");
      break;
    case 'm':
    case 'c':
      break;
    default:
      ADD_FAILURE() << "unknown sequence " << text.substr(1, end);
  }
  return end + 1;
}

// What stands between "\x1b_G" and its end.
void Screen::graphics(std::string_view body) {
  const std::size_t name = body.find("i=");
  if (name == std::string_view::npos || body.starts_with("i=")) return;  // the rest of a picture, or a question
  const std::string id(body.substr(name + 2, body.find(',', name) - name - 2));
  if (body.starts_with("a=d")) {
    std::erase_if(pictures_, [&id](const auto& picture) { return picture.first == id; });
  } else {
    pictures_.emplace_back(id, past_.size() + row_);
  }
}

void Screen::feed(std::string_view text) {
  while (!text.empty()) {
    std::size_t size = 1;
    if (text.starts_with("\x1b[")) {
      size = control(text);
    } else if (text.starts_with("\0337")) {
      saved_ = {row_, column_};
      size = 2;
    } else if (text.starts_with("\0338")) {
      std::tie(row_, column_) = saved_;
      size = 2;
    } else if (text.starts_with("\x1b_G") || text.starts_with("\x1bP")) {
      size = text.find("\x1b\\") + 2;
      if (text[1] == '_') graphics(text.substr(3, size - 5));
    } else if (text.starts_with("\u2580")) {
      size = 3;
      put("#");
    } else if (text[0] == '\n') {
      next_line();
    } else if (text[0] == '\r') {
      column_ = 0;
    } else {
      put(std::string(1, text[0]));
    }
    text.remove_prefix(size);
  }
}

std::vector<std::string> Screen::lines() const {
  std::vector<std::string> all;
  for (const std::vector<Row>* part : {&past_, &rows_}) {
    for (const Row& row : *part) {
      std::string line;
      for (const std::string& cell : row) line += cell;
      all.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
    }
  }
  while (!all.empty() && all.back().empty()) all.pop_back();
  return all;
}

}  // namespace dipper::test
