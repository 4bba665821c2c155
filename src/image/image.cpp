// SPDX-License-Identifier: Apache-2.0
#include "dipper/image.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "dipper/error.hpp"
#include "image/limits.hpp"

namespace dipper {
namespace {

std::size_t sample_count(int width, int height, int channels) {
  if (!size_fits(width, height, channels)) {
    throw Error(fmt::format("a picture cannot have {} x {} pixels and {} channels", width, height, channels));
  }
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels);
}

}  // namespace

Image::Image(int w, int h, int c, float value)
    : width(w), height(h), channels(c), samples(sample_count(w, h, c), value) {}

std::span<float> Image::colours() {
  return std::span(samples).first(plane_size() * static_cast<std::size_t>(colour_channels()));
}

std::span<const float> Image::colours() const {
  return std::span(samples).first(plane_size() * static_cast<std::size_t>(colour_channels()));
}

std::span<float> Image::plane(int channel) {
  DIPPER_CHECK(channel >= 0 && channel < channels);
  return std::span(samples).subspan(static_cast<std::size_t>(channel) * plane_size(), plane_size());
}

std::span<const float> Image::plane(int channel) const {
  DIPPER_CHECK(channel >= 0 && channel < channels);
  return std::span(samples).subspan(static_cast<std::size_t>(channel) * plane_size(), plane_size());
}

}  // namespace dipper
