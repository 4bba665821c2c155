// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "api/excerpt.hpp"
#include "classic/membrane.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// Where what a fit drew meets what is known: Membrane::close_seams() of the whole picture, or of an excerpt's window.
class Seams {
 public:
  /// weights: [row][column] of the picture, 1 where it is known. The excerpt, if there is one, must outlive this.
  Seams(std::span<const float> weights, const Shape& picture, const std::optional<Excerpt>& excerpt);

  /// Both [channel][row][column] of the picture.
  void close(std::span<const float> values, std::vector<float>& x);

  [[nodiscard]] std::size_t bytes() const { return membrane_.bytes(); }

 private:
  const Excerpt* excerpt_;
  Membrane membrane_;
};

}  // namespace dipper
