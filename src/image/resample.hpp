// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dipper/image.hpp"

namespace dipper {

/// The picture at another size: each new pixel is the mean of the area that it covers, parts of pixels counted by their
/// part. Colours weigh by their alpha. NaN counts as black, as when written. The sample type and profile are kept.
[[nodiscard]] Image shrink(const Image& image, int width, int height);

}  // namespace dipper
