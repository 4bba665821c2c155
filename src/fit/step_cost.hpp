// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/fit.hpp"
#include "fit/recipe.hpp"
#include "kernels/backend.hpp"

namespace dipper {

/// About how many seconds a step of a fit to this target is going to take, found by a few steps of a fit to a corner
/// of it, or all of it if it is small. 0 for a reduced input, whose steps are short whatever the target.
[[nodiscard]] double seconds_of_a_step(const Target& target, const Recipe& recipe, Backend& backend);

}  // namespace dipper
