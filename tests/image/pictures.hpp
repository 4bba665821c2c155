// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dipper/image.hpp"
#include "image/codec.hpp"

namespace dipper::test {

/// Where in a plane a pixel's sample lies.
[[nodiscard]] inline std::size_t at(const Image& image, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x);
}

/// The integer at one place of the test picture, from 0 to `most`.
[[nodiscard]] unsigned pattern_value(int x, int y, int channel, unsigned most);

/// A picture of pattern_value() over its sample type's largest integer; float ones hold values from -0.5 to 1.5.
[[nodiscard]] Image pattern(int width, int height, int channels, SampleType sample = SampleType::u8);

/// A gentle ramp, which lossy formats keep well.
[[nodiscard]] Image ramp(int width, int height, int channels);

/// Shape, sample type and every sample's bits are equal (NaN equals NaN).
void expect_same_pixels(const Image& a, const Image& b);

/// The largest difference of two pictures of one shape.
[[nodiscard]] float largest_difference(const Image& a, const Image& b);

/// A gray, RGB or CMYK colour profile. The CMYK one (a lookup table) turns inks c, m, y, k into a gray of L* = 100 (1 -
/// k) whatever the other inks are.
[[nodiscard]] Bytes gray_profile();
[[nodiscard]] Bytes rgb_profile();
[[nodiscard]] Bytes cmyk_profile();

/// An EXIF block with a maker's name and, unless 0, an orientation.
[[nodiscard]] Bytes exif(int orientation, bool little_endian = true);

/// The message of the Error that decoding throws; empty when it decodes.
[[nodiscard]] std::string decode_error(std::span<const std::byte> file, const ReadLimits& limits = {});

/// Expects an Error for every start of a file that lacks a byte or more.
void expect_error_when_cut(std::span<const std::byte> file);

/// Decodes the file with bytes changed here and there: any outcome but a crash or a picture of a wrong shape will do.
void expect_survives_damage(std::span<const std::byte> file);

}  // namespace dipper::test
