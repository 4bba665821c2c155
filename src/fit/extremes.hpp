// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>
#include <span>

namespace dipper {

/// The least and the most of some values.
struct Extremes {
  float least = std::numeric_limits<float>::infinity();
  float most = -least;

  void add(float value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

/// Of the values of the channel that varies most; 0 where there are none.
[[nodiscard]] inline float range(std::span<const Extremes> channels) {
  float found = 0;
  for (const Extremes& channel : channels) found = std::max(found, channel.most - channel.least);
  return found;
}

}  // namespace dipper
