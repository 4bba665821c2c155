// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/canvas.hpp"

namespace dipper {

/// The picture as sixel graphics (DEC, VT340) in 256 colours of its own, which a terminal draws from the cursor on. Its
/// rows come in bands of six, the last of which may be incomplete.
[[nodiscard]] std::string sixel(const Canvas& canvas);

inline constexpr int sixel_band = 6;  ///< rows of pixels

}  // namespace dipper
