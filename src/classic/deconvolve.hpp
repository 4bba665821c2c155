// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/patience.hpp"
#include "dipper/image.hpp"

namespace dipper {

/// The sharp picture x that minimises TV(x) + lambda / 2 * |A x - y|^2, with y the blurred picture: total variation as
/// in total_variation(), whose lambda follows from the noise in y, of the standard deviation sigma, in units of [0, 1].
///
/// A: sample (i, j) of y is the sum of weights[r][c] x(i + r - rows / 2, j + c - columns / 2); `rows` and `columns` are
/// odd, the weights sum to 1. What lies around the picture is found too, and left out. By the primal-dual algorithm of
/// Chambolle and Pock (2011), 300 steps of it, clamped to [0, 1]. Alpha stays as it is. The result is the same bits for
/// any number of threads; 0 means one per core. Throws OutOfPatience when patience ends first.
[[nodiscard]] Image deconvolve(const Image& blurred, int rows, int columns, std::span<const float> weights,
                               double sigma, int threads = 0, Patience& patience = Patience::endless());

}  // namespace dipper
