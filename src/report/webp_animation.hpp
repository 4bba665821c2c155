// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "report/animation_encoder.hpp"

namespace dipper {

/// Animated WebP, lossy.
[[nodiscard]] std::unique_ptr<AnimationEncoder> webp_animation(int width, int height);

}  // namespace dipper
