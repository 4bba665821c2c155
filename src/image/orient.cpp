// SPDX-License-Identifier: Apache-2.0
#include "image/orient.hpp"

#include <cstddef>
#include <utility>

#include "base/check.hpp"

namespace dipper {

Image oriented(Image stored, int orientation) {
  DIPPER_CHECK(orientation >= 1 && orientation <= 8);
  if (orientation == 1) return stored;
  const bool swapped = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;

  // The stored sample of an upright pixel is first + x * across + y * down.
  const std::ptrdiff_t width = stored.width;
  const std::ptrdiff_t along_row = from_right ? -1 : 1;
  const std::ptrdiff_t along_column = from_bottom ? -width : width;
  const std::ptrdiff_t first = (from_right ? width - 1 : 0) + (from_bottom ? (stored.height - 1) * width : 0);
  const std::ptrdiff_t across = swapped ? along_column : along_row;
  const std::ptrdiff_t down = swapped ? along_row : along_column;

  std::vector<float> samples(stored.samples.size());
  float* to = samples.data();
  const int upright_width = swapped ? stored.height : stored.width;
  const int upright_height = swapped ? stored.width : stored.height;
  for (int channel = 0; channel < stored.channels; ++channel) {
    const float* from = stored.plane(channel).data();
    for (std::ptrdiff_t y = 0; y < upright_height; ++y) {
      for (std::ptrdiff_t x = 0; x < upright_width; ++x) *to++ = from[first + x * across + y * down];
    }
  }
  stored.width = upright_width;
  stored.height = upright_height;
  stored.samples = std::move(samples);
  return stored;
}

}  // namespace dipper
