// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/excerpt.hpp"
#include "api/pictures.hpp"
#include "api/trying.hpp"
#include "api/waiting.hpp"
#include "dipper/dipper.hpp"
#include "fit/judge.hpp"
#include "fit/recipe.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// What a fit is held against, and by whom.
struct Judging {
  std::vector<float> values;         // what is observed: the picture's colours
  std::vector<float> weights;        // how far each pixel of it counts for the fit: not at all where the judge has it
  std::optional<Excerpt> excerpt{};  // of both, where the fit sees no more of them
  std::optional<Judge> judge{};
  std::optional<Trying> trying{};  // for a fit that goes by the classical result instead
  std::string classic{};           // the other result that the judge or the fit knows, by its name; empty for none
  std::vector<float> alone{};      // that result, where no fit is to be made; else empty
  bool stopped = false;            // because somebody wanted to stop, else because there is no more time
  std::string note{};              // what there was no time for
};

/// Whether of this picture a fit sees no more than an Excerpt.
[[nodiscard]] bool sees_an_excerpt(const Recipe& recipe, const Observation& observation);

/// There is no judge where the recipe wants none, where the picture was seen through an operator, and where few pixels
/// are known. The classical method that suits the damage runs here: thrice where pixels are noisy, else twice, at the
/// same time where it takes one thread alone and there is another. It may take about three quarters of the time that is
/// left; it is done without when that is not enough, and where pixels are missing a smooth filling takes its place. A
/// fit has to be worth the rest of the time, or is done without itself. Throws Stopped when somebody wants to stop
/// before there is anything.
[[nodiscard]] Judging make_judging(const Observation& observation, const Recipe& recipe, const Range& range,
                                   const Settings& settings, const Listener& listener);

}  // namespace dipper
