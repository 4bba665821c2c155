// SPDX-License-Identifier: Apache-2.0
#include "fit/target.hpp"

#include <algorithm>

namespace dipper {

Shape Target::picture() const {
  return observed_by ? Shape{shape.channels, observed_by->height, observed_by->width} : shape;
}

std::vector<std::uint8_t> Target::known() const {
  std::vector<std::uint8_t> known(weights.size());
  std::ranges::transform(weights, known.begin(), [](float weight) { return weight > 0 ? 1 : 0; });
  for (const std::size_t i : held_out) known[i] = 1;
  return known;
}

}  // namespace dipper
