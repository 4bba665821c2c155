// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "dipper/dipper.hpp"
#include "image/io.hpp"

namespace dipper::test {

/// A picture that changes from pixel to pixel.
[[nodiscard]] inline Image ramp(int width, int height, int channels = 3, SampleType sample = SampleType::u8) {
  Image image(width, height, channels);
  image.sample = sample;
  const float steps = sample == SampleType::u8 ? 255 : 65535;
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    image.samples[i] = static_cast<float>((i * 37) % (static_cast<std::size_t>(steps) + 1)) / steps;
  }
  return image;
}

/// A file that holds it.
[[nodiscard]] inline std::string png_of(const Image& image) {
  const Bytes bytes = encode_image("a.png", image);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What a fit says after an iteration, with a picture.
[[nodiscard]] inline Progress after(int iteration, const Image* picture = nullptr) {
  Progress progress;
  progress.summary = "half of the pixels are missing";
  progress.iteration = iteration;
  progress.iterations = 1000;
  progress.width = 8;
  progress.height = 6;
  progress.loss = 1.0 / iteration;
  progress.seconds = 0.1 * iteration;
  progress.picture = progress.raw = picture;
  return progress;
}

}  // namespace dipper::test
