// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>

#include "base/philox.hpp"
#include "dipper/image.hpp"

namespace dipper::test {

/// A picture of this size, of value(channel, row, column).
template <class Value>
Image drawn(int width, int height, int channels, const Value& value) {
  Image image(width, height, channels);
  for (int c = 0; c < channels; ++c) {
    for (int i = 0; i < height; ++i) {
      for (int j = 0; j < width; ++j) {
        image.plane(c)[static_cast<std::size_t>(i) * width + j] = static_cast<float>(value(c, i, j));
      }
    }
  }
  return image;
}

/// The picture with normal noise (Box and Muller, 1958) on its colours.
inline Image noisy(Image image, double sigma) {
  const Philox random{21, Stream::input_noise};
  for (std::size_t i = 0; i < image.plane_size() * static_cast<std::size_t>(image.colour_channels()); ++i) {
    const double radius = std::sqrt(-2 * std::log(1 - double{random.uniform(0, i)}));
    image.samples[i] += static_cast<float>(sigma * radius * std::cos(2 * std::numbers::pi * random.uniform(1, i)));
  }
  return image;
}

}  // namespace dipper::test
