// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/patience.hpp"
#include "dipper/image.hpp"
#include "fit/recipe.hpp"
#include "fit/tiles.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// What a network can learn from where there is a first estimate of the picture, made by a classical method, and what
/// happened to the picture can be done to others. Pictures are [channel][row][column] in [0, 1].
struct Again {
  std::span<const float> estimate{};                           // empty: none
  std::function<Image(const Image&, std::uint64_t)> damage{};  // differently for each number
  std::function<Image(const Image&)> agree{};                  // the nearest that agrees with what was observed

  /// A trial of both: some picture, damaged, and what the classical method makes of that.
  struct Trial {
    std::span<const float> truth{};  // empty: there was none
    std::span<const float> damaged{};
    std::span<const float> estimate{};
  };
  Trial trial{};
};

/// Damages the estimate once more, as the picture was, and lets a network learn to undo that; then it undoes the
/// picture's own damage. The estimate need not be right for that: it has to have edges and textures like the picture's,
/// and those that it got wrong are no rule. Every second step it is made smaller before it is damaged, as an estimate
/// lacks the finest details and a smaller one has them. After "zero-shot" restoration (Shocher, Cohen and Irani, 2018).
class DamagedAgain {
 public:
  /// damaged: the picture's colours, [channel][row][column] in [0, 1], of this shape.
  DamagedAgain(const Recipe& recipe, std::uint64_t seed, Again again, std::span<const float> damaged,
               const Shape& shape, const Tiles::Tensors& tensors);

  /// To be called before the network sees z in step `step`, counted from 0: a random part of the estimate, one of eight
  /// ways up, damaged in a way of its own.
  void before(int step);

  /// The picture, [channel][row][column]: what the network makes of the damaged picture, in so many views, mixed with
  /// the estimate, by the share that would have been best in the trial, and made to agree with the damaged picture.
  /// draw() makes x of z. With little patience in fewer views, or the estimate alone. Returns the share of the work
  /// that was done.
  double restore(const Tiles::Draw& draw, Tiles::Views views, Patience& patience, std::span<float> to);

  /// Seconds that restore() takes, measured by a few tiles.
  [[nodiscard]] Tiles::Cost measure(const Tiles::Draw& draw) const;

  /// What of the last result was the network's, from 0 to 1.
  [[nodiscard]] double share() const { return share_; }

  [[nodiscard]] std::size_t bytes() const { return 8 * damaged_.samples.size() * sizeof(float); }

 private:
  [[nodiscard]] Image image_of(std::span<const float> samples) const;
  // That would have been best in the trial; a half without one, and 0 where patience ended first.
  [[nodiscard]] double best_share(const Tiles::Draw& draw, Tiles::Looks& looks) const;

  std::uint64_t seed_;
  double share_ = 0.5;
  Tiles tiles_;
  Again again_;
  Image damaged_;
  Image smaller_;  // the estimate
};

}  // namespace dipper
