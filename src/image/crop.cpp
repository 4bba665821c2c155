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

Image from_pixel(const Image& image, int top, int left) {
  Image moved = image;
  const auto width = static_cast<std::size_t>(image.width);
  for (int c = 0; c < image.channels; ++c) {
    for (int i = 0; i < image.height; ++i) {
      const std::size_t from = width * static_cast<std::size_t>(reflected_index(i + top, image.height));
      for (int j = 0; j < image.width; ++j) {
        moved.plane(c)[width * static_cast<std::size_t>(i) + static_cast<std::size_t>(j)] =
            image.plane(c)[from + static_cast<std::size_t>(reflected_index(j + left, image.width))];
      }
    }
  }
  return moved;
}

}  // namespace dipper
