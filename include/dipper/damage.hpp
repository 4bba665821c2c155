// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "dipper/image.hpp"

namespace dipper {

/// What to do to a clean picture.
struct Damage {
  std::map<std::string, std::string> options;  ///< at least one of damage_options(), such as {"noise", "25"}
  std::uint64_t seed = 0;                      ///< noise, scratches and dropped pixels follow from it
  int threads = 0;                             ///< 0: one per core; the result does not depend on it
};

/// A damaged picture whose truth is known: it is the clean picture.
struct Damaged {
  /// As a lossless file would hold it: samples of 8 and 16 bits are rounded and clamped, those of float pictures are
  /// not. Its sides are floor(side / S) after a downscale by S, the clean picture's otherwise; alpha (scaled with the
  /// picture, but nothing else is done to it), profile and EXIF block are the clean picture's.
  Image image;
  std::optional<Image> mask;  ///< when something covers pixels: gray, 1 where they are covered, if only in part, else 0
  double covered = 0;         ///< the share of the pixels that are covered, 0 to 1
  std::string note;  ///< something to be told, such as that the picture was cropped so that a downscale divides it
};

/// Damages a picture in the order in which a camera, a file and time would: blur, downscale of its upper left part that
/// S divides, noise of the light and of the sensor, JPEG, and then what covers pixels: dropped ones, text, scratches, a
/// hole. Blur reflects the picture at its edges. Throws Error for an unknown option, a value that makes no sense for it
/// or for this picture, and damage that leaves nothing to go by or covers nothing.
[[nodiscard]] Damaged damage(const Image& clean, const Damage& how);

}  // namespace dipper
