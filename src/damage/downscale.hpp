// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dipper/image.hpp"

namespace dipper {

/// The picture with one pixel for each factor x factor of its own, through a Lanczos-3 filter as wide as that takes:
/// pixel i is centred on [i * factor, (i + 1) * factor), and where the last ones reach beyond the picture it is
/// reflected, so the sides are ceil(side / factor). Colours weigh by their alpha. The rest is kept.
[[nodiscard]] Image downscale(const Image& picture, int factor);

}  // namespace dipper
