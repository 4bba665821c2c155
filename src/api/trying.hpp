// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/pictures.hpp"
#include "base/patience.hpp"
#include "fit/damaged_again.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// What the classical method makes of the picture, and a trial of it on that, damaged once more: all that a fit with an
/// input damaged again learns from and is mixed by. [channel][row][column].
struct Trying {
  std::vector<float> estimate;
  // Of the trial: the estimate made smaller, to be as sharp as a picture and none that the network learned from, and
  // lest JPEG's blocks be those that are already there; mirrored to fill the size.
  std::vector<float> truth;
  std::vector<float> damaged;
  std::vector<float> restored;

  [[nodiscard]] Again again(const Observation& observation) const {
    return {estimate, observation.damage_again, observation.agree, {truth, damaged, restored}};
  }
};

/// full: what the classical method of the observation, which knows how to damage it again, made of it. The method is
/// tried here. Throws OutOfPatience when patience ends first.
[[nodiscard]] Trying try_classic(const Observation& observation, const Image& full, const Range& range, int threads,
                                 Patience& patience = Patience::endless());

}  // namespace dipper
