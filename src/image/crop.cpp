// SPDX-License-Identifier: Apache-2.0
#include "image/crop.hpp"

#include <algorithm>
#include <cstddef>

#include "base/reflect.hpp"

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

Image continued(const Image& image, int width, int height) {
  DIPPER_CHECK(width >= image.width && height >= image.height);
  Image larger(width, height, image.channels);
  larger.sample = image.sample;
  larger.icc = image.icc;
  larger.exif = image.exif;
  for (int c = 0; c < image.channels; ++c) {
    for (int i = 0; i < height; ++i) {
      const auto row = image.plane(c).subspan(
          static_cast<std::size_t>(image.width) * static_cast<std::size_t>(reflected_index(i, image.height)),
          image.width);
      const std::size_t to = static_cast<std::size_t>(width) * static_cast<std::size_t>(i);
      for (int j = 0; j < width; ++j) {
        larger.plane(c)[to + static_cast<std::size_t>(j)] =
            row[static_cast<std::size_t>(reflected_index(j, image.width))];
      }
    }
  }
  return larger;
}

}  // namespace dipper
