// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "classic/pyramid_fill.hpp"

namespace dipper {

/// Fills gaps as a soap film spans a frame: each value is the mean of its neighbours (Laplace's equation), so values
/// reach their gap's rim without a step and are nowhere beyond those of the rim.
class Membrane {
 public:
  /// known: [row][column], 1 where values are known, less in the gaps. Takes the memory for pictures of so many
  /// channels.
  Membrane(std::span<const float> known, int channels, int height, int width);

  /// values: [channel][row][column]. Those in the gaps are overwritten; they may be anything. 0 where
  /// nothing is known.
  void span(std::span<float> values);

  /// Takes away the seam between what is drawn in the gaps and what is known around them: the film through what x lacks
  /// where values are known is added to it in the gaps ("Poisson image editing", Pérez, Gangnet and Blake, 2003). Both
  /// [channel][row][column], in [0, 1] where they count, and so is the sum.
  void close_seams(std::span<const float> values, std::span<float> x);

  [[nodiscard]] std::size_t bytes() const;

 private:
  [[nodiscard]] float mean_of_neighbours(const float* plane, std::size_t at) const;

  int channels_;
  int height_;
  int width_;
  std::vector<float> known_;
  std::vector<std::size_t> gaps_;
  PyramidFill filling_;
  std::vector<float> filled_;
  std::vector<float> lacking_;
};

}  // namespace dipper
