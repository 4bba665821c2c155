// SPDX-License-Identifier: Apache-2.0
#include "view/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "base/json.hpp"
#include "dipper/error.hpp"

namespace dipper::view {
namespace {

constexpr std::size_t most_letters = 2000;

bool is_letter_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

bool is_plain_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const char letter = path[i];
    const bool begins = path[i - 1] == '/';
    if (is_letter_or_digit(letter) || letter == '-' || letter == '_') continue;
    if (begins || (letter != '/' && letter != '.') || path[i - 1] == '.') return false;
  }
  return path.back() != '.';
}

std::optional<int> hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return std::nullopt;
}

// "a%20b" -> "a b"; nothing where that is broken, or holds what no name does.
std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char letter = text[i] == '+' ? ' ' : text[i];
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      letter = static_cast<char>(16 * *high + *low);
      i += 2;
    }
    if (static_cast<unsigned char>(letter) < 32 || letter == 127) return std::nullopt;
    plain += letter;
  }
  return plain;
}

}  // namespace

const std::string& Place::at(const std::string& name) const {
  const auto found = query.find(name);
  if (found == query.end()) throw Error(fmt::format("the request lacks \"{}\"", name));
  return found->second;
}

std::string Place::get(const std::string& name, const std::string& preset) const {
  const auto found = query.find(name);
  return found == query.end() ? preset : found->second;
}

std::optional<Place> parse_target(std::string_view target) {
  if (target.size() > most_letters) return std::nullopt;
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  if (!is_plain_path(path)) return std::nullopt;
  Place place{std::string(path), {}};
  std::string_view rest = target.substr(std::min(question + 1, target.size()));
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = decoded(part.substr(0, equals));
    const auto value = decoded(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::nullopt;
    place.query[*name] = *value;
  }
  return place;
}

HttpResponse refusal(int status, const std::string& sentence) {
  return {.status = status, .body = to_line({{"error", sentence}})};
}

std::string as_attachment(const std::string& name) {
  std::string plain;
  std::string encoded;
  for (const char letter : name) {
    const bool safe = is_letter_or_digit(letter) || letter == '-' || letter == '_' || letter == '.';
    plain += safe ? letter : '_';
    encoded += safe ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, encoded);
}

}  // namespace dipper::view
