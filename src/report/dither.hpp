// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "report/canvas.hpp"
#include "report/palette.hpp"

namespace dipper {

/// The index of a palette colour for each pixel that is `wanted`, the error spread over its neighbours (Floyd and
/// Steinberg, 1976); `other` for the rest.
[[nodiscard]] std::vector<std::uint8_t> dither(const Canvas& canvas, const std::vector<bool>& wanted,
                                               std::span<const Colour> palette, std::uint8_t other);

}  // namespace dipper
