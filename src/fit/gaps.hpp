// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/philox.hpp"

namespace dipper {

/// The shapes of what is missing of a picture. Gaps of the same shapes can be made where all is known, by which a fit
/// practises and is judged: a stroke is harder to fill than as many single pixels.
class Gaps {
 public:
  /// weights: [row][column]; a pixel of less than 1 is missing. Missing pixels that touch, also at a corner, are one
  /// piece; single pixels are the pieces where nothing is missing, or pixels here and there, each for itself.
  Gaps(std::span<const float> weights, int height, int width);

  /// Whether single pixels are the pieces.
  [[nodiscard]] bool single() const { return pieces_.empty(); }

  /// [row][column], 0 or the number of a piece, from 1, that covers this pixel: single pixels with the chance `share`;
  /// otherwise pieces drawn by chance, half of them mirrored, each laid anywhere on the picture, until so much of what
  /// is known is covered, or so many were drawn that it would hardly be. One that spans more than half of the picture
  /// is wrapped around its edges. apart: pieces are laid clear of what is missing and of each other where there is
  /// room. Depends on the seed and the step alone.
  [[nodiscard]] std::vector<std::uint32_t> lay(const Philox& random, int step, double share, bool apart = false) const;

  /// Cuts pieces that are longer than `most` pixels into parts of no more than side x side.
  void cut(int most, int side);

  /// From here on they are laid on another picture of that size, of which all is known, such as a part of this one.
  /// Pieces longer than half of it are cut.
  void lay_on(int height, int width);

  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Place {
    int row;
    int column;
  };
  struct Piece {
    std::vector<Place> places;  // from its top and left
    int height = 0;
    int width = 0;
  };

  [[nodiscard]] std::vector<std::uint32_t> lay_single(const Philox& random, int step, double share) const;
  [[nodiscard]] Piece take_piece(Place first, std::vector<std::uint8_t>& left) const;
  [[nodiscard]] std::size_t pixel(int row, int column) const { return static_cast<std::size_t>(row) * width_ + column; }

  int height_;
  int width_;
  std::size_t known_ = 0;
  std::vector<std::uint8_t> missing_;
  std::vector<Piece> pieces_;
};

}  // namespace dipper
