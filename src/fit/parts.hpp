// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/patience.hpp"
#include "fit/hiding.hpp"
#include "fit/layout.hpp"
#include "fit/recipe.hpp"
#include "fit/tiles.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// Shows a network of an observed input a part of a large picture in each step, another each time, with some of its
/// pixels hidden (Hiding). So a step takes as long, and as much memory, for a picture of any size, and what it learns
/// in one place holds in others. In the end it draws the whole picture, part by part.
class Parts {
 public:
  /// values: [channel][row][column]; weights: [row][column], how far each pixel counts. Both must outlive this. known:
  /// 1 or 0, also 1 of pixels held out, whose weight is 0. tensors: those of a program for such a part, and x, what it
  /// drew.
  Parts(const Recipe& recipe, std::uint64_t seed, Backend& backend, std::span<const float> values,
        std::span<const float> weights, const Shape& shape, std::vector<std::uint8_t> known,
        const Hiding::Tensors& tensors, Buffer& x);

  /// Of a part of a picture of this shape.
  [[nodiscard]] static Shape shape_for(const Shape& picture);

  /// To be called before the network sees z in step `step`, counted from 0.
  void before(int step);

  /// The whole picture, [channel][row][column]: each pixel the mean of what the network told of it where it was not
  /// shown it, in parts that overlap and fade into each other. draw() makes x of z. With little patience the network
  /// tells each pixel less often, or nothing, which leaves the smooth filling that it adds to; round_seconds is what it
  /// takes to draw all parts once, 0 if unknown. Returns the share of the parts that the network drew.
  double draw(const Tiles::Draw& draw, double round_seconds, Patience& patience, std::span<float> to);

  /// What draw() takes, measured in one part.
  [[nodiscard]] Tiles::Cost measure(const Tiles::Draw& draw);

  /// How often the network sees each part when it draws the whole.
  static constexpr int rounds = 8;

  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Place {
    int top;
    int left;
  };
  struct Told;

  [[nodiscard]] Place place_of(int step) const;
  [[nodiscard]] Place around(int row, int column) const;
  [[nodiscard]] std::vector<Place> damaged_places() const;
  [[nodiscard]] bool is_known_enough(Place place) const;
  [[nodiscard]] std::vector<Place> all_places() const;
  void take(Place place);
  void fill(Told& told);
  void tell(const Tiles::Draw& draw, int part, int count, Told& told);
  void add(Told& told);

  std::uint64_t seed_;
  std::span<const float> values_;
  std::span<const float> weights_;
  Shape shape_;
  Layout layout_;  // of a part
  std::vector<std::uint8_t> known_;
  std::vector<Place> damaged_;         // places of parts that have missing pixels in their middle
  std::vector<std::uint8_t> learned_;  // of the part that was taken, which pixels count
  Buffer* x_;
  Hiding hiding_;
};

}  // namespace dipper
