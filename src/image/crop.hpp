// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dipper/image.hpp"

namespace dipper {

/// The picture's upper left part of this size, from 1x1 to its own; sample type, profile and EXIF block are kept.
[[nodiscard]] Image upper_left(const Image& image, int width, int height);

/// The picture continued to the right and below to this size, at least its own: beyond its edges it is mirrored.
[[nodiscard]] Image continued(const Image& image, int width, int height);

}  // namespace dipper
