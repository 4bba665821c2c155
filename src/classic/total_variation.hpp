// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/patience.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// The x that minimises TV(x) + lambda / 2 * sum over pixels and colours of w (x - y)^2, with y the picture (Rudin,
/// Osher and Fatemi, 1992). TV is the sum over the pixels of the length of the gradient of all colours together
/// (Bresson and Chan, 2008): forward differences, 0 at the right and lower edge. Alpha stays as it is.
///
/// weights: [row][column], one for all colours, 0 or more; a pixel of weight 0 is filled in, and what it holds does not
/// matter. Known samples are finite numbers. lambda > 0: 10 smooths a picture in [0, 1] moderately, 1000 hardly changes
/// known pixels. By the primal-dual algorithm of Chambolle and Pock (2011), accelerated where all weights are above 0;
/// then the result's root mean square distance to x is at most 1/1000 by the duality gap. Otherwise it ends when it
/// hardly moves, at about that distance. At most 3000 iterations. The result is the same bits for any number of
/// threads; 0 means one per core. Throws Error when no weight is above 0, and
/// OutOfPatience when patience ends before the result is there.
[[nodiscard]] Image total_variation(const Image& picture, std::span<const float> weights, double lambda,
                                    int threads = 0, Patience& patience = Patience::endless());

/// The same with all weights 1 and a lambda that suits noise of the standard deviation sigma >= 0: such that the root
/// mean square of x - y is 0.93 of what the noise, clipped if y lies in [0, 1], would make it (the discrepancy
/// principle of Chambolle, "An algorithm for total variation minimization and applications", 2004, takes all of it and
/// smooths too much). The picture itself for a sigma that is lost in its samples' rounding, its mean colour when that
/// is no further from it than noise.
[[nodiscard]] Image denoise_total_variation(const Image& picture, double sigma, int threads = 0,
                                            Patience& patience = Patience::endless());

}  // namespace dipper
