// SPDX-License-Identifier: Apache-2.0
#include "api/trying.hpp"

#include "image/crop.hpp"

namespace dipper {

Trying try_classic(const Observation& observation, const Image& full, const Range& range, int threads,
                   Patience& patience) {
  const Image truth = from_pixel(full, 4, 4);  // half a block
  Observation trial = observation;
  trial.damaged = observation.damage_again(truth, 0);
  return {colours_of(full, range), colours_of(truth, range), colours_of(trial.damaged, range),
          colours_of(observation.classic->restore(trial, threads, patience), range)};
}

}  // namespace dipper
