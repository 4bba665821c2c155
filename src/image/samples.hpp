// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// Interleaved integers, [row][column][channel], into the planes of an image of that shape: v / 255 or v / 65535.
/// Sets its sample type.
void set_samples(Image& image, std::span<const std::uint8_t> interleaved);
void set_samples(Image& image, std::span<const std::uint16_t> interleaved);

/// One sample as an integer: clamped to [0, 1], rounded to nearest; NaN is 0.
[[nodiscard]] std::uint8_t to_eight_bit(float value);
[[nodiscard]] std::uint16_t to_sixteen_bit(float value);

/// All samples interleaved, [row][column][channel]: as integers, or as they are.
[[nodiscard]] std::vector<std::uint8_t> to_eight_bit(const Image& image);
[[nodiscard]] std::vector<std::uint16_t> to_sixteen_bit(const Image& image);
[[nodiscard]] std::vector<float> to_floats(const Image& image);

/// Whether no sample is beyond black or white, as it cannot be but in a float file.
[[nodiscard]] bool in_range(std::span<const float> samples);

/// Rounds every sample to what a lossless file of the picture's sample type holds; float samples stay as they are.
void round_samples(Image& image);

/// Colour over alpha back to colour, where the file multiplied them; fully transparent pixels stay as they are.
void unpremultiply(Image& image);

/// The image's colour profile when it is one for its colour channels (gray or RGB), else empty.
[[nodiscard]] std::span<const std::byte> fitting_profile(const Image& image);

}  // namespace dipper
