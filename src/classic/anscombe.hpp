// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "dipper/image.hpp"

namespace dipper {

/// Counted photons as numbers with noise of the standard deviation 1, whatever their mean (Anscombe, "The
/// transformation of Poisson, binomial and negative-binomial data", 1948): 2 sqrt(x / gain + 3/8). The variance of a
/// sample x >= 0 is gain > 0 times its mean; the result's is within 5 % of 1 from means of 3 gains on, and less below.
[[nodiscard]] double anscombe(double sample, double gain);

/// The mean of the samples whose transforms have this mean, which is not where a single sample would lie: the closed
/// form of the exact unbiased inverse (Maekitalo and Foi, "A closed-form approximation of the exact unbiased inverse of
/// the Anscombe variance-stabilizing transformation", 2011). 0 or more, for any value.
[[nodiscard]] double inverse_anscombe(double value, double gain);

/// What removes noise of one standard deviation from a picture whose samples are at most 1.
using Denoiser = std::function<Image(const Image& picture, double sigma)>;

/// The picture, of counted photons of that gain >= 0, without their noise, by a method for Gaussian noise that sees its
/// transform, scaled such that 0 and white (or the brightest sample, if that is above 1) become 0 and 1. The picture
/// itself for a gain of 0. Alpha stays as it is. Samples are 0 or more.
[[nodiscard]] Image denoise_photons(const Image& picture, double gain, const Denoiser& denoise);

}  // namespace dipper
