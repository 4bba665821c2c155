// SPDX-License-Identifier: Apache-2.0
#include "api/trying.hpp"

#include <algorithm>

#include "image/crop.hpp"
#include "image/resize.hpp"

namespace dipper {

Trying try_classic(const Observation& observation, const Image& full, const Range& range, int threads,
                   Patience& patience) {
  const auto smaller = [](int side) { return std::max(1, side * 3 / 4); };
  const Image reduced = resize(full, smaller(full.width), smaller(full.height), ResizeKernel::lanczos3);
  const Image truth = continued(reduced, full.width, full.height);
  Observation trial = observation;
  trial.damaged = observation.damage_again(truth, 0);
  return {colours_of(full, range), colours_of(truth, range), colours_of(trial.damaged, range),
          colours_of(observation.classic->restore(trial, threads, patience), range)};
}

}  // namespace dipper
