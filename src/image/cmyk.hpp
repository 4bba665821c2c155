// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dipper {

/// Interleaved 8-bit CMYK to interleaved 8-bit sRGB: through `profile` when that is a CMYK profile, else each of R, G,
/// B as (1 - ink)(1 - black). `inverted`: 255 is no ink, as Adobe writes it; else 255 is full ink.
[[nodiscard]] std::vector<std::uint8_t> cmyk_to_rgb(std::span<const std::uint8_t> cmyk, bool inverted,
                                                    std::span<const std::byte> profile);

}  // namespace dipper
