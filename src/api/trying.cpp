// SPDX-License-Identifier: Apache-2.0
#include "api/trying.hpp"

#include "image/crop.hpp"

namespace dipper {

std::optional<Trying> try_classic(const Observation& observation, const Recipe& recipe, const Range& range,
                                  const Settings& settings) {
  if (recipe.input_kind != "again" || !observation.damage_again) return std::nullopt;
  const TaskMethod& method = *observation.classic;
  const Image full = method.restore(observation, settings.threads);
  const Image truth = from_pixel(full, 4, 4);  // half a block
  Observation trial = observation;
  trial.damaged = observation.damage_again(truth, 0);
  return Trying{colours_of(full, range), colours_of(truth, range), colours_of(trial.damaged, range),
                colours_of(method.restore(trial, settings.threads), range)};
}

}  // namespace dipper
