// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/half_blocks.hpp"

namespace dipper::cli {

/// How pictures are drawn in a terminal.
enum class Graphics : std::uint8_t { kitty, sixel, blocks };

/// "auto" and one name for each of them.
[[nodiscard]] const std::vector<std::string>& graphics_names();

/// What that name of graphics_names() stands for; "auto" is the best that the terminal on stderr knows, which is asked
/// where the environment does not tell.
[[nodiscard]] Graphics choose_graphics(const std::string& name);

/// As the environment promises.
[[nodiscard]] ColourDepth colour_depth();

}  // namespace dipper::cli
