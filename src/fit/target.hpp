// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fit/damaged_again.hpp"
#include "image/resize.hpp"
#include "kernels/shape.hpp"
#include "tasks/linear_operator.hpp"

namespace dipper {

/// What a network is fitted to: values in [0, 1] and how far each pixel counts.
struct Target {
  Shape shape;
  std::span<const float> values;                // channels x height x width
  std::span<const float> weights;               // height x width; values of weight 0 may be anything
  std::optional<LinearOperator> observed_by{};  // through this, when they are not the picture itself
  std::optional<Scaling> scaling{};             // where they are a picture made smaller, how
  Again again{};
  std::span<const float> guide{};           // a picture as large as the one that is wanted, for the input
  std::span<const std::size_t> held_out{};  // pixels whose weight is 0 though they are known
  /// 1 or 0 of each pixel: whether it counts or is held out.
  [[nodiscard]] std::vector<std::uint8_t> known() const;
  [[nodiscard]] Shape picture() const;  // that is wanted
};

}  // namespace dipper
