// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kernels/desc.hpp"

namespace dipper {

class ThreadPool;

/// What is missing of a large picture with what is around it, made smaller where that is still too large to be seen at
/// once. A network sees some hundred pixels far, so of a hole that is wider it sees the other side only if that comes
/// nearer; and what it draws there is smooth in any case.
class Excerpt {
 public:
  /// values: [channel][row][column] in [0, 1]; weights: [row][column], less than 1 where something is missing, and
  /// somewhere something is. The excerpt has `most` pixels at most, and about so many where the picture has them: its
  /// window has every pixel that is missing by half or more (where there are none, each that is not known in full), and
  /// on each side half of their width or height, the larger, if the picture has it.
  Excerpt(std::span<const float> values, std::span<const float> weights, const Shape& picture, std::size_t most);

  /// Of the picture.
  [[nodiscard]] const Window& window() const { return window_; }

  /// Of the excerpt.
  [[nodiscard]] const Shape& shape() const { return shape_; }

  /// The means of the areas that its pixels cover, each pixel of the picture counting by its weight; and those of the
  /// weights.
  [[nodiscard]] std::span<const float> values() const { return values_; }
  [[nodiscard]] std::span<const float> weights() const { return weights_; }

  /// The whole picture, [channel][row][column], with what was drawn of the excerpt in its window, enlarged by cubic
  /// convolution, and the picture's values around that.
  /// pool: threads that share the work, none for the caller's alone; the result does not depend on them.
  void put(std::span<const float> drawn, std::span<const float> values, std::span<float> whole,
           ThreadPool* pool = nullptr) const;

  /// The window's part of planes of the picture, [channel][row][column], and the way back.
  [[nodiscard]] std::vector<float> cut(std::span<const float> planes) const;
  void paste(std::span<const float> of_window, std::span<float> planes) const;

  /// "100x80+20+30 of the picture, as 50x40 pixels".
  [[nodiscard]] std::string description() const;

  /// What it takes while it is made or put, and what it keeps.
  [[nodiscard]] std::size_t bytes() const;

 private:
  /// Calls visit(where it begins in the window, where in the picture) for each row of the window in so many planes.
  template <class Visit>
  void for_each_row(std::size_t planes, const Visit& visit) const {
    const auto rows = static_cast<std::size_t>(window_.height);
    for (std::size_t row = 0; row < planes * rows; ++row) {
      const std::size_t in_plane = (window_.top + row % rows) * picture_.width + window_.left;
      visit(row * window_.width, row / rows * picture_.plane() + in_plane);
    }
  }

  Shape picture_;
  Window window_;
  Shape shape_;
  std::vector<float> values_;
  std::vector<float> weights_;
};

}  // namespace dipper
