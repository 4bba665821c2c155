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
#include "fit/target.hpp"
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
  /// tensors: those of a program for a part, and x, what it drew. Of a guide, z's last channels get the part.
  Parts(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Target& target,
        const Hiding::Tensors& tensors, Buffer& x);

  /// Of a part of a picture of this shape.
  [[nodiscard]] static Shape shape_for(const Shape& picture);

  /// To be called before the network sees z in step `step`, counted from 0.
  void before(int step);

  /// To be called when x is what the network made of that z in iteration `iteration`, counted from 1.
  void gather(int iteration);

  /// What was gathered so far: weighted sums, [channel][row][column], and of the weights, [row][column].
  [[nodiscard]] Buffer& told_sum() { return told_.sum; }
  [[nodiscard]] Buffer& told_weight() { return told_.weight; }

  /// The whole picture after so many iterations, [channel][row][column]: each pixel the mean of what the network told
  /// of it where it was not shown it, later tellings counting for more, and a smooth filling where there was none. As
  /// far as patience goes the network first tells all parts once more, `rounds` times, with other pixels hidden; draw()
  /// makes x of z, and round_seconds is what it takes to do so for all parts once, 0 if unknown.
  /// Returns the share of the parts that it told. What was gathered stays as it was.
  double draw(const Tiles::Draw& draw, int iteration, double round_seconds, Patience& patience, std::span<float> to);

  /// What draw() takes, measured in one part.
  [[nodiscard]] Tiles::Cost measure(const Tiles::Draw& draw);

  /// How often the network sees each part when it draws the whole.
  static constexpr int rounds = 8;

  void visit(StateVisitor& visitor);

  [[nodiscard]] std::size_t bytes() const;

  /// The part of that which grows with the picture, and with the values of its guide.
  [[nodiscard]] static std::size_t bytes_of_whole(const Shape& picture, std::size_t guide);

 private:
  struct Place {
    int top;
    int left;
  };

  /// Of what was told of each pixel, as ToldSums; weights are more than 0.
  struct Told {
    Told(Backend& backend, const Shape& shape) : sum(backend, shape.size()), weight(backend, shape.plane()) {}
    Buffer sum;
    Buffer weight;
  };

  [[nodiscard]] Place place_of(int step) const;
  [[nodiscard]] Place around(int row, int column) const;
  [[nodiscard]] std::vector<Place> damaged_places() const;
  [[nodiscard]] bool is_known_enough(Place place) const;
  [[nodiscard]] std::vector<Place> all_places() const;
  [[nodiscard]] PartDesc at(Place place) const;
  void take(Place place);
  void fill();
  void tell(const Tiles::Draw& draw, int part, int count, float trust);
  void add(float trust, Told& to);
  void divide(Told& told, std::span<float> to) const;

  Backend* backend_;
  std::uint64_t seed_;
  Shape shape_;
  Layout layout_;  // of a part
  std::vector<std::uint8_t> known_;
  std::vector<Place> damaged_;  // places of parts that have missing pixels in their middle
  Buffer values_;               // 0 where they are not known
  Buffer weights_;
  Buffer guide_;  // scaled, if there is one
  std::span<float> guide_in_z_;
  Place place_{};  // of the part that was taken
  Told told_;      // in steps
  Told drawn_;     // and when the picture was drawn
  Buffer* x_;
  Hiding hiding_;
};

}  // namespace dipper
