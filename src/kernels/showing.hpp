// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "kernels/shape.hpp"

namespace dipper {

/// A picture of which each step shows a network another part, and where the backend has what goes with that; all lies
/// plain. Those that steps make are overwritten, but `told`.
struct ShowingDesc {
  Shape canvas;
  float decay;  // the most that the average keeps of what it was
  // [channel][row][column], and [row][column] how far each pixel counts: 0 is never shown.
  const float* picture;
  const float* known;
  // What the network sees, 2 * channels + 1 of them: what the pixels shown have beside a smooth filling of all others,
  // which are shown, and the filling.
  float* z;
  // What the filling lacks of the picture, and how far that counts: as it did where it is known but not shown.
  float* y;
  float* weights;
  // What the network's output is added to, as large as the picture.
  float* base;
  // In how many steps so far each pixel was not shown.
  float* told;
  // Of each pixel, how much of its average the step keeps; null where nobody asks.
  float* shares;
};

/// Prepared by the backend for one picture.
class Showing {
 public:
  /// The network's output lies in (0, 1): its middle adds nothing.
  static constexpr float middle = 0.5F;
  /// Known pixels differ little from the filling: about as much as z's other channels from 0 once they are multiplied.
  static constexpr float detail_gain = 4;
  /// As if there had been so many more outputs before the first, of no value: forgets the first ones, which are bad,
  /// faster (polynomial-decay averaging, Shamir and Zhang, 2013).
  static constexpr float forgotten = 4;

  Showing() = default;
  virtual ~Showing() = default;
  Showing(const Showing&) = delete;
  Showing& operator=(const Showing&) = delete;

  /// Makes what one step needs. [row][column] of the canvas, 1 or 0, which may be changed afterwards. Not to be
  /// recorded.
  virtual void show(std::span<const std::uint8_t> shown) = 0;

  /// Memory that it takes.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

}  // namespace dipper
