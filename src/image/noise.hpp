// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "dipper/image.hpp"

namespace dipper {

/// The standard deviation of the Gaussian noise in a picture, in units of [0, 1], told from the picture alone. The
/// noise is taken to be the same everywhere and independent from pixel to pixel; clipping to [0, 1] is allowed for. On
/// clean photos it is 0.002 to 0.01, as their finest texture looks like noise. Alpha, NaN and infinite samples do not
/// count; 0 for pictures of one row or column.
///
/// The finest diagonal wavelet coefficient sees little of a picture but its noise (Donoho and Johnstone, 1994). Its
/// spread is measured where the surroundings are flat, which their means tell without looking at the coefficient, and
/// far enough from 0 and 1 that clipping does not matter, and by a scale that outliers hardly move (Huber, 1964).
[[nodiscard]] double estimate_noise(const Image& image);

/// The gain of counted photons: what a sample has of variance for each unit of its mean, so that 1 / gain photons make
/// white. The same as above for details over the root of the local mean, which all places then share; where three
/// photons or more are counted, and far enough from white that clipping does not matter, as far as there are such
/// places. 0 for pictures without light.
[[nodiscard]] double estimate_gain(const Image& image);

/// Whether noise of this standard deviation >= 0 is no more than the step between floats of the samples' size, so that
/// there is nothing to remove. The estimate for a clean drawing may be that small and yet not 0.
[[nodiscard]] bool is_lost_in_rounding(std::span<const float> samples, double sigma);

/// How far an estimate is off on photos, as a share of it: one standard deviation.
inline constexpr double doubt_of_estimates = 0.03;

}  // namespace dipper
