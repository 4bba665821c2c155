// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace dipper {

/// Makes smooth pictures out of scattered pixels, many of one size: normalised convolution (Knutsson and Westin, 1993)
/// over a pyramid. Near known pixels the result is their mean, weighted by a bell of two pixels; further away, where
/// the bell reaches few, it fades into that of the next coarser level. So holes of any size are filled, in a time in
/// proportion to the pixels, without a seam.
class PyramidFill {
 public:
  /// Takes the memory for pictures of this size. What is far from all that is known tends to `otherwise`.
  PyramidFill(int channels, int height, int width, float otherwise = 0.5F);

  /// values: [channel][row][column], whatever where `known` is 0. known: [row][column], 0 to 1. `to` is as large as
  /// `values`, and is overwritten everywhere.
  void fill(std::span<const float> values, std::span<const float> known, std::span<float> to);

  [[nodiscard]] std::size_t bytes() const;

 private:
  // One level of the pyramid, half as wide and high as the one before.
  struct Level {
    int height;
    int width;
    std::vector<float> known;   // [row][column], of the bell's sums
    std::vector<float> values;  // [channel][row][column], those of known values; then the picture
    [[nodiscard]] std::size_t plane() const { return known.size(); }
    [[nodiscard]] std::span<float> plane_of(int c) { return std::span(values).subspan(c * plane(), plane()); }
  };

  static void halve(std::span<const float> from, const Level& level, std::span<float> to);
  static void enlarge_row(std::span<const float> plane, const Level& level, int i, std::span<float> to);
  void blur(const Level& level, std::span<float> x);
  void divide(std::size_t n);

  int channels_;
  float otherwise_;
  std::vector<Level> levels_;
  std::vector<float> blurred_;  // scratch: a plane of the first level
};

}  // namespace dipper
