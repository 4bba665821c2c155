// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.hpp"

/// What networks have in common: the meaning of words in their options.
namespace dipper {

/// "zero" or "reflect".
[[nodiscard]] Padding padding_of(const std::string& word);

/// "nearest" or "bilinear".
[[nodiscard]] Interpolation interpolation_of(const std::string& word);

}  // namespace dipper
