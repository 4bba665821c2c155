// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/patience.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// The picture without its noise of the standard deviation sigma >= 0, in units of [0, 1], led by a picture of the same
/// scene and size that has none, in any colours and light: in each square window the picture's colours are a linear
/// function of the guide's, and a pixel's result is the mean of what the windows around it say (He, Sun and Tang,
/// "Guided image filtering", 2010). Here windows of several sizes are asked together, and each counts the more the
/// better it is likely to be: large ones have less noise, small ones go along with shadows that one picture alone has.
/// weights: [row][column], how far each pixel of the picture counts; what its neighbours say is also said of those that
/// do not. Alpha stays as it is. The result is the same bits for any number of threads; 0 means one per core. Throws
/// OutOfPatience when patience ends first.
[[nodiscard]] Image guided_filter(const Image& picture, std::span<const float> weights, const Image& guide,
                                  double sigma, int threads = 0, Patience& patience = Patience::endless());

/// The standard deviation, in units of [0, 1], of what the guide says nothing of in half of all windows of 5x5 pixels
/// or more. Where pixels of a noisy picture were made of those beside them, as cameras do and resizing, it tells their
/// noise better than the picture alone does (image/noise.hpp), in which such noise looks like texture.
[[nodiscard]] double noise_beside(const Image& picture, const Image& guide);

/// What the guided filter says, and beside it what BM3D finds in what the filter left: shadows that the guide does not
/// have, and what its highlights hide.
[[nodiscard]] Image guided_bm3d(const Image& picture, std::span<const float> weights, const Image& guide, double sigma,
                                int threads = 0, Patience& patience = Patience::endless());

}  // namespace dipper
