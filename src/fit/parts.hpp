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
#include "fit/state.hpp"
#include "fit/tiles.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// Shows a network of an observed input a part of a large picture in each step, another each time, with some of its
/// pixels hidden (Hiding). So a step takes as long for a picture of any size, and what it learns in one place holds in
/// others. What it tells of the part in each step is gathered to a picture of the whole.
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

  /// To be called when x, on the host, is what the network made of that z in iteration `iteration`, counted from 1.
  void gather(int iteration);

  /// The whole picture after so many iterations, [channel][row][column]: each pixel the mean of what the network told
  /// of it where it was not shown it, later tellings counting for more, and a smooth filling where there was none. As
  /// far as patience goes the network first tells all parts once more, `rounds` times, with other pixels hidden; draw()
  /// makes x of z, and round_seconds is what it takes to do so for all parts once, 0 if unknown. Returns the share of
  /// the parts that it told. What was gathered stays as it was.
  double draw(const Tiles::Draw& draw, int iteration, double round_seconds, Patience& patience, std::span<float> to);

  /// What draw() takes, measured in one part.
  [[nodiscard]] Tiles::Cost measure(const Tiles::Draw& draw);

  /// How often the network sees each part when it draws the whole.
  static constexpr int rounds = 8;

  void visit(StateVisitor& visitor);

  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Place {
    int top;
    int left;
  };

  /// Weighted sums of what was told of each pixel.
  struct Told {
    std::vector<float> sum;     // [channel][row][column]
    std::vector<float> weight;  // [row][column], more than 0
  };

  [[nodiscard]] Place place_of(int step) const;
  [[nodiscard]] Place around(int row, int column) const;
  [[nodiscard]] std::vector<Place> damaged_places() const;
  [[nodiscard]] bool is_known_enough(Place place) const;
  [[nodiscard]] std::vector<Place> all_places() const;
  void take(Place place);
  void fill();
  void tell(const Tiles::Draw& draw, int part, int count, float trust, Told& told);
  template <class Counts, class Value>
  void add(Told& told, float trust, const Counts& counts, const Value& value) const;

  std::uint64_t seed_;
  std::span<const float> values_;
  std::span<const float> weights_;
  Shape shape_;
  Layout layout_;  // of a part
  std::vector<std::uint8_t> known_;
  std::vector<Place> damaged_;         // places of parts that have missing pixels in their middle
  Place place_{};                      // of the part that was taken
  std::vector<std::uint8_t> learned_;  // which of its pixels count
  Told told_;
  Buffer* x_;
  Hiding hiding_;
};

}  // namespace dipper
