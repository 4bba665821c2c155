// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dipper/image.hpp"

namespace dipper {

/// A stored picture turned upright. `orientation` is where TIFF 6.0's tag 274 puts the stored first row and column:
/// 1 top left, 2 top right, 3 bottom right, 4 bottom left, 5 left top, 6 right top, 7 right bottom, 8 left bottom;
/// 5 to 8 swap width and height. Everything but the pixels is kept.
[[nodiscard]] Image oriented(Image stored, int orientation);

}  // namespace dipper
