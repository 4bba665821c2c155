// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace dipper {

using Colour = std::array<std::uint8_t, 3>;

/// At most `count` (1 to 256) colours for these pixels ([...][3]): boxes of RGB space are cut in two where that lowers
/// the squared error most (Wu, "Efficient statistical computations for optimal color quantization", 1991, along the
/// widest axis only), and then moved to the means of the pixels nearest to them (Lloyd, 1982).
[[nodiscard]] std::vector<Colour> make_palette(std::span<const std::uint8_t> rgb, int count);

}  // namespace dipper
