// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// The brightness of a mask, [row][column]: 1 where it is white, 0 where it is black, transparent or no number. BT.601
/// luma. Throws Error, which names the option that the mask was given by, when it is not as large as the picture.
[[nodiscard]] std::vector<float> read_mask(const Image& mask, const Image& picture, const char* option);

}  // namespace dipper
