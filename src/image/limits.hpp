// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dipper/image.hpp"

namespace dipper {

/// The most pixels that a picture can have, whatever the limits: they are counted in int here and there.
inline constexpr std::int64_t most_pixels = 2'000'000'000;

/// The most that are read when nobody says otherwise.
inline constexpr std::int64_t usual_most_pixels = 1'000'000'000;

/// The most pieces of one kind in a file: segments of a JPEG, chunks of a WebP. The libraries take memory for each, and
/// libjpeg looks through those before it.
inline constexpr int most_pieces = 1000;

/// What decoding takes at most: integers or coefficients, floats, and these once more while they are turned upright.
inline constexpr std::int64_t bytes_a_sample = 12;

/// Whether a picture can have this shape: at least 1x1, at most most_pixels, 1 to 4 channels.
[[nodiscard]] bool size_fits(std::int64_t width, std::int64_t height, std::int64_t channels);

/// For a shape from a file's header, before anything is allocated for it.
/// Throws Error with a predicate, such as "has 0 x 5 pixels; ...", that names the limit: the caller puts the file's
/// name before it.
void check_size(std::int64_t width, std::int64_t height, std::int64_t channels, const ReadLimits& limits);

/// The same where so many bytes are free.
void check_size(std::int64_t width, std::int64_t height, std::int64_t channels, const ReadLimits& limits,
                std::size_t free);

}  // namespace dipper
