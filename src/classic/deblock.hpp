// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/patience.hpp"
#include "classic/jpeg_coding.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// The picture without what JPEG left of blocks and rings: denoise_bm3d(), which takes them for noise as strong as the
/// steps are coarse, and then near_coefficients(), which gives back what it took too much; thrice, each time of less
/// noise ("plug-and-play priors", Venkatakrishnan, Bouman and Wohlberg, 2013, with the set of quantisation constraints
/// of Zakhor, 1992). The result is the same bits for any number of threads; 0 means one per core. Throws OutOfPatience
/// when patience ends first.
[[nodiscard]] Image deblock(const Image& decoded, const JpegCoding& coding, int threads = 0,
                            Patience& patience = Patience::endless());

/// How far a coefficient may be from where JPEG rounded it to, in steps. The truth is within 1/2, but most often
/// nearer.
inline constexpr double likely_rounding = 0.35;

}  // namespace dipper
