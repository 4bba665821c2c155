// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "dipper/image.hpp"

namespace dipper {

/// The pictures side by side in one, each scaled by area averaging to at most `height` rows (0: as they are), with a
/// white gap between them. Gray pictures become RGB beside RGB ones; alpha is shown over a checkerboard. 8 bit sRGB.
[[nodiscard]] Image strip(std::span<const Image> pictures, int height = 0);

/// The file name of a fit's frame, such as "frame_000250.png": six digits or more, so that names sort as time does.
[[nodiscard]] std::string frame_name(int iteration);

/// The frames of a fit as a GIF or an animated WebP that plays for ever. Compresses each as it comes.
class Animation {
 public:
  /// Checks that the target can be written, so that this is known before the fit. Frames are scaled so that the longer
  /// side has at most `size` pixels. Throws Error for an extension other than .gif and .webp.
  explicit Animation(const std::filesystem::path& target, int size = 200);
  ~Animation();
  Animation(const Animation&) = delete;
  Animation& operator=(const Animation&) = delete;
  Animation(Animation&&) noexcept;
  Animation& operator=(Animation&&) noexcept;

  void add(const Image& frame);

  /// Encodes and renames into place; the last frame stays longer. Throws Error when the disk is full.
  void write();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dipper
