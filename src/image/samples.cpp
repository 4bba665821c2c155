// SPDX-License-Identifier: Apache-2.0
#include "image/samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/check.hpp"

namespace dipper {
namespace {

template <class T>
void planes_from(Image& image, std::span<const T> interleaved) {
  DIPPER_CHECK_EQ(interleaved.size(), image.samples.size());
  constexpr float most = std::numeric_limits<T>::max();
  const auto step = static_cast<std::size_t>(image.channels);
  for (int channel = 0; channel < image.channels; ++channel) {
    const T* from = interleaved.data() + channel;
    for (float& to : image.plane(channel)) {
      to = static_cast<float>(*from) / most;
      from += step;
    }
  }
}

// A sample as the file's type holds it.
template <class T>
T to_stored(float value) {
  if constexpr (std::is_floating_point_v<T>) {
    return value;
  } else {
    constexpr float most = std::numeric_limits<T>::max();
    if (!(value > 0)) return 0;  // NaN too
    if (value >= 1) return std::numeric_limits<T>::max();
    return static_cast<T>(std::lrint(value * most));
  }
}

template <class T>
std::vector<T> interleave(const Image& image) {
  std::vector<T> interleaved(image.samples.size());
  const auto step = static_cast<std::size_t>(image.channels);
  for (int channel = 0; channel < image.channels; ++channel) {
    T* to = interleaved.data() + channel;
    for (const float from : image.plane(channel)) {
      *to = to_stored<T>(from);
      to += step;
    }
  }
  return interleaved;
}

}  // namespace

void set_samples(Image& image, std::span<const std::uint8_t> interleaved) {
  planes_from(image, interleaved);
  image.sample = SampleType::u8;
}

void set_samples(Image& image, std::span<const std::uint16_t> interleaved) {
  planes_from(image, interleaved);
  image.sample = SampleType::u16;
}

std::uint8_t to_eight_bit(float value) {
  return to_stored<std::uint8_t>(value);
}
std::uint16_t to_sixteen_bit(float value) {
  return to_stored<std::uint16_t>(value);
}
std::vector<std::uint8_t> to_eight_bit(const Image& image) {
  return interleave<std::uint8_t>(image);
}
std::vector<std::uint16_t> to_sixteen_bit(const Image& image) {
  return interleave<std::uint16_t>(image);
}

std::vector<float> to_floats(const Image& image) {
  return interleave<float>(image);
}

bool in_range(std::span<const float> samples) {
  return std::ranges::all_of(samples, [](float sample) { return sample >= 0 && sample <= 1; });
}

void round_samples(Image& image) {
  if (image.sample == SampleType::f32) return;
  for (float& sample : image.samples) {
    sample = image.sample == SampleType::u8 ? static_cast<float>(to_eight_bit(sample)) / 255
                                            : static_cast<float>(to_sixteen_bit(sample)) / 65535;
  }
}

void unpremultiply(Image& image) {
  if (!image.has_alpha()) return;
  const std::span<const float> alpha = std::as_const(image).plane(image.channels - 1);
  for (int channel = 0; channel < image.colour_channels(); ++channel) {
    const std::span<float> colour = image.plane(channel);
    for (std::size_t i = 0; i < colour.size(); ++i) {
      if (alpha[i] > 0) colour[i] /= alpha[i];
    }
  }
}

std::span<const std::byte> fitting_profile(const Image& image) {
  // ICC.1:2022, 7.2: the header has 128 bytes, the signature of the colour space stands at 16.
  if (image.icc.size() < 128) return {};
  const char* space = image.colour_channels() == 1 ? "GRAY" : "RGB ";
  if (std::memcmp(image.icc.data() + 16, space, 4) != 0) return {};
  return image.icc;
}

}  // namespace dipper
