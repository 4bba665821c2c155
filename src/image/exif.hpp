// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// An EXIF block as files store it, with or without the "Exif" marker of JPEG before its TIFF header: from the header
/// on.
[[nodiscard]] std::vector<std::byte> exif_block(std::span<const std::byte> stored);

/// The orientation (1 to 8, TIFF 6.0's tag 274) that an EXIF block asks for; 1 when it asks for none;
/// 0 when the block is malformed: no TIFF header, or a first directory that runs past the end.
[[nodiscard]] int exif_orientation(std::span<const std::byte> exif);

/// Sets a stored orientation to 1, in place; every other byte stays.
void reset_exif_orientation(std::span<std::byte> exif);

/// The picture turned as its EXIF block asks, the block's orientation then 1. A malformed block is dropped.
[[nodiscard]] Image upright(Image image);

}  // namespace dipper
