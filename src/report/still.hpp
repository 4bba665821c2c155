// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// The picture as WebP for a page, in sRGB, over a checkerboard where it is transparent, scaled so that the longer side
/// has at most `size` pixels. quality: 0 to 100, or above that for no loss.
[[nodiscard]] std::vector<std::byte> still(const Image& picture, int size, float quality);

}  // namespace dipper
