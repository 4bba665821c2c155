// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "report/canvas.hpp"

namespace dipper {

/// The picture in kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol): a PNG that the terminal draws
/// from the cursor on, which stays where it is. The terminal answers nothing. id: what it is known by to the terminal
/// afterwards, not 0.
[[nodiscard]] std::string kitty_picture(const Canvas& canvas, std::uint32_t id);

/// Takes that picture off the screen and out of the terminal's memory.
[[nodiscard]] std::string kitty_removal(std::uint32_t id);

}  // namespace dipper
