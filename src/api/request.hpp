// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dipper/dipper.hpp"
#include "fit/recipe.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// The method that the request asks for; null for a fit. Throws Error for an unknown one, and for settings that only a
/// fit heeds beside another.
[[nodiscard]] const TaskMethod* method_of(const Request& request, const Task& task);

/// How to fit: the recipe that was asked for, or that of the quality for this damage, with the values that were
/// replaced. Throws Error for values that are wrong or do not go together.
[[nodiscard]] Recipe recipe_for(const Settings& settings, const Task& task, const Observation& observation);

/// Throws Error when times are negative or the checkpoint cannot be written.
void check_times_and_places(const Settings& settings);

}  // namespace dipper
