// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dipper/image.hpp"

namespace dipper {

/// The picture's upper left part of this size, from 1x1 to its own; sample type, profile and EXIF block are kept.
[[nodiscard]] Image upper_left(const Image& image, int width, int height);

/// The picture of the same size that begins at this pixel; beyond the right and lower edge it is mirrored.
[[nodiscard]] Image from_pixel(const Image& image, int top, int left);

}  // namespace dipper
