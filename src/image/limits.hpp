// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dipper {

/// The most pixels that dipper takes in one picture.
inline constexpr std::int64_t most_pixels = 1'000'000'000;

/// Whether a picture can have this shape: at least 1x1, at most most_pixels, 1 to 4 channels.
[[nodiscard]] bool size_fits(std::int64_t width, std::int64_t height, std::int64_t channels);

/// For a shape from a file's header, before anything is allocated for it.
/// Throws Error with a predicate, such as "has 0 x 5 pixels; ...": the caller puts the file's name before it.
void check_size(std::int64_t width, std::int64_t height, std::int64_t channels);

}  // namespace dipper
