// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace dipper {

/// The least and the most of some values, and how far they lie from their mean.
struct Extremes {
  float least = std::numeric_limits<float>::infinity();
  float most = -least;
  double sum = 0;
  double squares = 0;
  double count = 0;

  void add(float value) {
    least = std::min(least, value);
    most = std::max(most, value);
    sum += value;
    squares += double{value} * value;
    ++count;
  }
  /// Their standard deviation; 0 of none.
  [[nodiscard]] double deviation() const {
    if (count == 0) return 0;
    const double mean = sum / count;
    return std::sqrt(std::max(0.0, squares / count - mean * mean));
  }
};

/// Of the values of the channel that varies most; 0 where there are none.
[[nodiscard]] inline float range(std::span<const Extremes> channels) {
  float found = 0;
  for (const Extremes& channel : channels) found = std::max(found, channel.most - channel.least);
  return found;
}

}  // namespace dipper
