// SPDX-License-Identifier: Apache-2.0
#include "image/crop.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace dipper {

Image upper_left(const Image& image, int width, int height) {
  DIPPER_CHECK(width >= 1 && width <= image.width);
  DIPPER_CHECK(height >= 1 && height <= image.height);
  Image part(width, height, image.channels);
  part.sample = image.sample;
  part.icc = image.icc;
  part.exif = image.exif;
  for (int c = 0; c < image.channels; ++c) {
    for (int y = 0; y < height; ++y) {
      std::copy_n(image.plane(c).begin() + static_cast<std::ptrdiff_t>(y) * image.width, width,
                  part.plane(c).begin() + static_cast<std::ptrdiff_t>(y) * width);
    }
  }
  return part;
}

}  // namespace dipper
