// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "report/canvas.hpp"

namespace dipper {

/// How many colours a terminal can show: those of 24 bit, or the fixed part of xterm's 256.
enum class ColourDepth : std::uint8_t { full, indexed };

/// The picture as text: each character is the upper half block (U+2580), a pixel in its colour above one in the colour
/// behind it. A line for every two rows of pixels, which ends with the terminal's own colours.
[[nodiscard]] std::string half_blocks(const Canvas& canvas, ColourDepth depth);

}  // namespace dipper
