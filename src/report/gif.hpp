// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "report/animation_encoder.hpp"

namespace dipper {

/// GIF: a palette for each frame, dithered.
[[nodiscard]] std::unique_ptr<AnimationEncoder> gif_animation(int width, int height);

}  // namespace dipper
