// SPDX-License-Identifier: Apache-2.0
#include "api/plain.hpp"

#include "classic/pyramid_fill.hpp"
#include "image/resize.hpp"

namespace dipper {

std::vector<float> plain_result(const Observation& observation, const Range& range) {
  const Image& damaged = observation.damaged;
  const Image& like = observation.like();
  if (like.width != damaged.width || like.height != damaged.height) {
    return colours_of(resize(damaged, like.width, like.height, ResizeKernel::bicubic), range);
  }
  if (!observation.keeps_known) return colours_of(like, range);
  std::vector<float> colours = colours_of(damaged, range);
  // Weight 0 times NaN would still be NaN.
  for (std::size_t i = 0; i < colours.size(); ++i) {
    if (observation.weights[i % damaged.plane_size()] <= 0) colours[i] = 0;
  }
  std::vector<float> filled(colours.size());
  PyramidFill(damaged.colour_channels(), damaged.height, damaged.width).fill(colours, observation.weights, filled);
  return filled;
}

}  // namespace dipper
