// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "fit/state.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// How far results of one fit are spread, pixel by pixel: where they differ, nothing holds them. It says less than an
/// error that was measured, but needs no truth. Later results count for more, as early ones are bad.
class Spread {
 public:
  /// late: whether later ones count for more; otherwise all count alike.
  explicit Spread(const Shape& shape, bool late = true)
      : shape_(shape), late_(late), mean_(shape.size()), square_(shape.size()) {}

  /// x: [channel][row][column].
  void add(std::span<const float> x);

  /// Of two results or fewer nothing can be said.
  [[nodiscard]] bool says_something() const { return count_ > 2; }

  /// The mean square of the difference from their mean, averaged over the channels, [row][column].
  [[nodiscard]] std::vector<float> squares() const;

  void visit(StateVisitor& visitor);

 private:
  Shape shape_;
  bool late_;
  int count_ = 0;
  std::vector<float> mean_;
  std::vector<float> square_;
};

}  // namespace dipper
