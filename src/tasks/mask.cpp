// SPDX-License-Identifier: Apache-2.0
#include "tasks/mask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dipper/error.hpp"

namespace dipper {

std::vector<float> read_mask(const Image& mask, const Image& picture, const char* option) {
  if (mask.width != picture.width || mask.height != picture.height) {
    throw Error(fmt::format("the picture of --{} is {}x{} but the picture to repair is {}x{}; make them the same size",
                            option, mask.width, mask.height, picture.width, picture.height));
  }
  const bool colour = mask.colour_channels() == 3;
  std::vector<float> values(mask.plane_size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    float value = mask.plane(0)[i];
    // Gray as R, G and B alike keeps its value to the last bit.
    if (colour && (mask.plane(1)[i] != value || mask.plane(2)[i] != value)) {
      value = 0.299F * value + 0.587F * mask.plane(1)[i] + 0.114F * mask.plane(2)[i];
    }
    if (mask.has_alpha()) value *= mask.plane(mask.channels - 1)[i];
    values[i] = std::isnan(value) ? 0 : std::clamp(value, 0.0F, 1.0F);
  }
  return values;
}

}  // namespace dipper
