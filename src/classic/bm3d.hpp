// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/patience.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// The picture without its noise of the standard deviation sigma >= 0, in units of [0, 1]: block matching and 3D
/// filtering (Dabov, Foi, Katkovnik and Egiazarian, "Image denoising by sparse 3-D transform-domain collaborative
/// filtering", 2007), for colours by their C-BM3D, which looks for similar blocks in the luminance alone. The picture
/// itself for a sigma that is lost in its samples' rounding. Alpha stays as it is. The result is the same bits for any
/// number of threads; 0 means one per core. Throws OutOfPatience when patience ends first.
[[nodiscard]] Image denoise_bm3d(const Image& picture, double sigma, int threads = 0,
                                 Patience& patience = Patience::endless());

}  // namespace dipper
