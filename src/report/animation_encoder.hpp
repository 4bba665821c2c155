// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "report/canvas.hpp"

namespace dipper {

/// Compresses frames of one size, one after the other, into a file in memory that plays for ever.
class AnimationEncoder {
 public:
  AnimationEncoder() = default;
  AnimationEncoder(const AnimationEncoder&) = delete;
  AnimationEncoder& operator=(const AnimationEncoder&) = delete;
  virtual ~AnimationEncoder() = default;

  /// `milliseconds` is how long the frame stays.
  virtual void add(const Canvas& frame, int milliseconds) = 0;

  /// The whole file; nothing can be added after it.
  [[nodiscard]] virtual std::vector<std::byte> finish() = 0;
};

using MakeAnimationEncoder = std::unique_ptr<AnimationEncoder> (*)(int width, int height);

}  // namespace dipper
