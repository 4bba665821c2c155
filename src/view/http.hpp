// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dipper::view {

/// Where a request goes: "/frames/250?size=400".
struct Place {
  std::string path;                          ///< "/frames/250"
  std::map<std::string, std::string> query;  ///< decoded: {"size", "400"}

  /// Throws Error, which names it, where it is not there.
  [[nodiscard]] const std::string& at(const std::string& name) const;
  [[nodiscard]] std::string get(const std::string& name, const std::string& preset) const;
};

/// Nothing for what no page of dipper asks for: a path of anything but letters, digits, '-', '_', single slashes and
/// dots within a name, a query with a broken %XX or a control character, more than 2,000 letters.
[[nodiscard]] std::optional<Place> parse_target(std::string_view target);

/// What of a request matters here.
struct HttpRequest {
  std::string method;
  Place place;
  std::string host;
  std::optional<std::string> origin{};
  std::string cookie;
  std::string body{};
};

struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body = "{}";
  std::vector<std::pair<std::string, std::string>> headers{};  ///< beside those that every answer has
  bool events = false;                                         ///< no body: the connection becomes a stream of news
};

/// {"error": sentence}
[[nodiscard]] HttpResponse refusal(int status, const std::string& sentence);

/// The value of Content-Disposition for a file to be saved under this name, whatever letters it has.
[[nodiscard]] std::string as_attachment(const std::string& name);

}  // namespace dipper::view
