// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace dipper {

/// Keeps the order in which a result is written down.
using Json = nlohmann::ordered_json;

/// JSON knows no infinity; a figure that is not known or not finite is null.
[[nodiscard]] inline Json number_or_null(std::optional<double> number) {
  return number && std::isfinite(*number) ? Json(*number) : Json(nullptr);
}

/// Nothing for what is no whole number from 0 to 2^64 - 1.
[[nodiscard]] inline std::optional<std::uint64_t> whole_number(const Json& value) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0)) return std::nullopt;
  return value.get<std::uint64_t>();
}

/// As one line. Names of files need not be UTF-8: what is not becomes U+FFFD.
[[nodiscard]] inline std::string to_line(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dipper
