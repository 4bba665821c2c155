// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/patience.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// What lies between the known pixels: planes over the triangles of their Delaunay triangulation, or the piecewise
/// cubic of Clough and Tocher, whose slopes are continuous (classic/clough_tocher.hpp).
enum class Interpolant : std::uint8_t { linear, cubic };

/// The picture with its unknown pixels, those whose weight is 0, filled from the known ones, which stay as they are.
/// An unknown pixel outside of the known ones' convex hull, or where these lie on one line, becomes the nearest of
/// them. The cubic may leave the range of the known values. Alpha stays as it is. What unknown pixels hold does not
/// matter.
///
/// Known pixels further than 8 pixels from every unknown one are left out of the triangulation: they are no corners of
/// triangles with unknown pixels inside, and a gradient feels one so many edges away by less than 1e-4.
///
/// weights: [row][column], one for all channels. Throws Error when no pixel is known, and OutOfPatience
/// when patience ends first.
[[nodiscard]] Image interpolate_scattered(const Image& picture, std::span<const float> weights, Interpolant kind,
                                          Patience& patience = Patience::endless());

}  // namespace dipper
