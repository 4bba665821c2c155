// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "api/pictures.hpp"
#include "dipper/dipper.hpp"
#include "fit/judge.hpp"
#include "fit/recipe.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// A judge of a fit to `values`, the picture's colours, who also knows what the classical method makes of the picture.
/// The pixels that it goes by are taken out of `weights`. None where the recipe wants none, where the picture was seen
/// through an operator, and where few pixels are known.
[[nodiscard]] std::optional<Judge> make_judge(const Observation& observation, const Recipe& recipe, const Range& range,
                                              const Settings& settings, std::span<const float> values,
                                              std::vector<float>& weights);

}  // namespace dipper
