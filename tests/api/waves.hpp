// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "dipper/dipper.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// Soft coloured waves: what a network restores well within a few dozen iterations.
inline Image waves(int width, int height, int channels) {
  Image image(width, height, channels, 1.0F);
  for (int c = 0; c < image.colour_channels(); ++c) {
    for (int i = 0; i < height; ++i) {
      for (int j = 0; j < width; ++j) {
        const double value = 0.5 + 0.35 * std::sin(0.13 * i + c) * std::cos(0.11 * j - c);
        image.plane(c)[static_cast<std::size_t>(i) * width + j] = static_cast<float>(std::round(value * 255) / 255);
      }
    }
  }
  return image;
}

/// A request whose fit takes a moment: the small recipe's network, narrower still.
inline Request small_request(const char* task, const Image& picture, int iterations) {
  Request request;
  request.task = task;
  request.input = picture;
  request.settings.set = {{"skip.down", "16,16,16"}, {"skip.up", "16"}, {"average", "0.9"}};
  request.settings.iterations = iterations;
  return request;
}

}  // namespace dipper
