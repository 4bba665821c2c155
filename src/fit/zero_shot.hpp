// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/patience.hpp"
#include "base/thread_pool.hpp"
#include "dipper/image.hpp"
#include "fit/recipe.hpp"
#include "fit/tiles.hpp"
#include "image/resize.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// Shows a network the picture made smaller and enlarged again, and lets it learn what is lost on that way. Then it
/// adds as much to the picture enlarged, for small details of a scene resemble larger ones (Shocher, Cohen and Irani,
/// "Zero-shot super-resolution using deep internal learning", 2018).
class ZeroShot {
 public:
  /// small: the picture's colours, [channel][row][column] in [0, 1], of this shape. It is to be `scaling.scale` times
  /// larger, of which it would be made by `scaling.kernel`.
  ZeroShot(const Recipe& recipe, std::uint64_t seed, const Scaling& scaling, std::span<const float> small,
           const Shape& shape, const Tiles::Tensors& tensors);

  /// To be called before the network sees z in step `step`, counted from 0: a random part of the picture, one of eight
  /// ways up.
  void before(int step);

  /// What enlarge() takes, measured by a few tiles and the smallest size.
  [[nodiscard]] Tiles::Cost measure(const Tiles::Draw& draw, ThreadPool& pool) const;

  /// The picture enlarged, [channel][row][column]: in steps of about the square root of 2, each time by
  /// cubic convolution, to which is added what the network draws, and made consistent with the picture that was given
  /// (back-projection, Irani and Peleg, 1991). What the network adds is the mean of these views.
  ///
  /// With little time or patience the network draws each size in fewer views, and the largest ones perhaps in none:
  /// `cost` is what to expect of the first. Returns the share of all that it would have drawn.
  double enlarge(const Tiles::Draw& draw, Tiles::Views views, Tiles::Cost cost, ThreadPool& pool, Patience& patience,
                 std::span<float> to) const;

  [[nodiscard]] std::size_t bytes() const;

 private:
  [[nodiscard]] Shape size_after(int step) const;
  [[nodiscard]] int tiles_of(int step) const;
  [[nodiscard]] int tiles_from(int step) const;
  [[nodiscard]] std::size_t pixels_from(int step) const;
  [[nodiscard]] int views_in(double seconds, double tile_seconds, int step, int most) const;
  void project_back(Image& enlarged, ThreadPool& pool) const;

  std::uint64_t seed_;
  Scaling scaling_;
  Tiles tiles_;
  Image small_;
  std::optional<Image> blurred_;  // what is left of it when it is made smaller by a step and enlarged again; none of
                                  // a picture that is too small for that
};

}  // namespace dipper
