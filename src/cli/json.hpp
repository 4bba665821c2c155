// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace dipper::cli {

/// Keeps the order in which a result is written down.
using Json = nlohmann::ordered_json;

/// JSON knows no infinity; a figure that is not known or not finite is null.
[[nodiscard]] inline Json number_or_null(std::optional<double> number) {
  return number && std::isfinite(*number) ? Json(*number) : Json(nullptr);
}

}  // namespace dipper::cli
