// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "dipper/image.hpp"

namespace dipper {

/// How a picture was coded as JPEG (ITU-T T.81): where its blocks of 8x8 pixels lie, and what they were rounded to.
/// Steps are those of cosine coefficients of samples from 0 to 255, [vertical frequency][horizontal frequency].
struct JpegCoding {
  using Steps = std::array<float, 64>;
  Steps luma{};
  Steps chroma{};
  bool halved_chroma = false;  // colour differences were stored at half the size
  // The first block begins so many pixels above and to the left of the picture, more than 0 where it was cut since: 0
  // to 7, or, where blocks of halved chroma cover 16x16 pixels, 0 to 15.
  int up = 0;
  int left = 0;

  /// The mean step of the nine lowest frequencies of luma: 66 for quality 10, 16 for 40, 5 for 80.
  [[nodiscard]] double coarseness() const;
  [[nodiscard]] bool was_cut() const { return up > 0 || left > 0; }
};

/// What a decoded JPEG says of its coding: most coefficients of a block are 0, and the others of luma still lie at
/// multiples of the steps. Frequencies of which too few are left get the steps of the standard's table, as much coarser
/// as the others are. None for a picture that was no JPEG, or is no longer of the size that it had, or hardly rounded.
[[nodiscard]] std::optional<JpegCoding> find_jpeg_coding(const Image& picture);

/// The picture coded and decoded again, with blocks that begin so many pixels above and to the left of it, which are 0
/// to 15. Alpha stays as it is; the result is not rounded to whole samples, but clamped to [0, 1].
[[nodiscard]] Image code_again(const Image& picture, const JpegCoding& coding, int up, int left);

/// The picture nearest to `picture`, nearly, whose coefficients differ from those of `decoded`, which was coded like
/// that, by at most `most` of a step; what was rounded to it differs by 1/2 at most.
[[nodiscard]] Image near_coefficients(const Image& picture, const Image& decoded, const JpegCoding& coding,
                                      double most);

}  // namespace dipper
