// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "dipper/image.hpp"

namespace dipper::fuzz {

/// What a fuzzer does with one input, in a file of its own. An Error is as good as a result; a sanitizer's finding, a
/// CHECK that fails, any other exception, ten seconds or 512 MB are not.
void take(std::span<const std::byte> input);

/// Of pictures here: fewer, so that more inputs are tried in the time.
inline constexpr ReadLimits limits{.pixels = 1 << 20};

/// Reads a file of the format called so, and writes it again with what came along. Does nothing with other files.
void read_and_write(std::string_view format, std::span<const std::byte> file);

}  // namespace dipper::fuzz
