// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "api/pictures.hpp"
#include "dipper/dipper.hpp"
#include "fit/damaged_again.hpp"
#include "fit/recipe.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// What the classical method makes of the picture, and a trial of it on that, damaged once more: all that a fit with an
/// input damaged again learns from and is mixed by. [channel][row][column].
struct Trying {
  std::vector<float> estimate;
  std::vector<float> truth;  // of the trial: the estimate, moved, lest JPEG's blocks be those that are already there
  std::vector<float> damaged;
  std::vector<float> restored;

  [[nodiscard]] Again again(const Observation& observation) const {
    return {estimate, observation.damage_again, observation.agree, {truth, damaged, restored}};
  }
};

/// None where the recipe does not ask for it, or nobody knows how to damage the picture again.
[[nodiscard]] std::optional<Trying> try_classic(const Observation& observation, const Recipe& recipe,
                                                const Range& range, const Settings& settings);

}  // namespace dipper
