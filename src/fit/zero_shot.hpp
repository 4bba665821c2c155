// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/patience.hpp"
#include "base/thread_pool.hpp"
#include "dipper/image.hpp"
#include "fit/recipe.hpp"
#include "image/resize.hpp"
#include "kernels/shape.hpp"

namespace dipper {

struct Orientation;

/// Shows a network the picture made smaller and enlarged again, and lets it learn what is lost on that way. Then it
/// adds as much to the picture enlarged, for small details of a scene resemble larger ones (Shocher, Cohen and Irani,
/// "Zero-shot super-resolution using deep internal learning", 2018). The network sees a square tile at a time, and each
/// pixel of its result must depend on those near it alone, so pictures may have any size.
class ZeroShot {
 public:
  /// The program's tensors, which must outlive this: what the network sees, what it is to draw, how far each pixel
  /// counts, and what it drew; [channel][row][column] of a tile.
  struct Tensors {
    std::span<float> z;
    std::span<float> y;
    std::span<float> weights;
    std::span<const float> x;
  };

  /// Ways to lay a picture: mirrored or not, turned by four angles.
  static constexpr int all_views = 8;

  /// small: the picture's colours, [channel][row][column] in [0, 1], of this shape. It is to be `scaling.scale` times
  /// larger, of which it would be made by `scaling.kernel`.
  ZeroShot(const Recipe& recipe, std::uint64_t seed, const Scaling& scaling, std::span<const float> small,
           const Shape& shape, const Tensors& tensors);

  /// Of a picture of this shape. Multiples of 8 that the picture fills, if it does not fill the largest.
  [[nodiscard]] static Shape tile_of(const Shape& small);

  /// To be called before the network sees z in step `step`, counted from 0: a random part of the picture, one of eight
  /// ways up.
  void before(int step);

  /// So many of the ways to lay a picture, from that on.
  struct Views {
    int first;
    int count;
  };

  /// What makes x of z.
  using Draw = std::function<void()>;

  /// Seconds that enlarge() takes.
  struct Cost {
    double view = 0;    // for what the network draws, in each of the views
    double sizing = 0;  // for all else
  };

  /// Measured by a few tiles and the smallest size.
  [[nodiscard]] Cost measure(const Draw& draw, ThreadPool& pool) const;

  /// The picture enlarged, [channel][row][column]: in steps of about the square root of 2, each time by
  /// cubic convolution, to which is added what the network draws, and made consistent with the picture that was given
  /// (back-projection, Irani and Peleg, 1991). What the network adds is the mean of these views.
  ///
  /// With little time or patience the network draws each size in fewer views, and the largest ones perhaps in none:
  /// `cost` is what to expect of the first. Returns the share of all that it would have drawn.
  double enlarge(const Draw& draw, Views views, Cost cost, ThreadPool& pool, Patience& patience,
                 std::span<float> to) const;

  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Details;
  struct Looks;

  [[nodiscard]] Shape size_after(int step) const;
  [[nodiscard]] int tiles_of(const Shape& size) const;
  [[nodiscard]] int tiles_from(int step) const;
  [[nodiscard]] std::size_t pixels_from(int step) const;
  [[nodiscard]] int views_in(double seconds, double tile_seconds, int step, int most) const;
  void add_details(const Draw& draw, Views views, float trust, Looks& looks, Image& picture) const;
  void see_tile(const Image& picture, const Orientation& laid, int top, int left) const;
  void take_tile(const Orientation& laid, int top, int left, Details& details) const;
  void project_back(Image& enlarged, ThreadPool& pool) const;

  std::uint64_t seed_;
  Scaling scaling_;
  int margin_;  // from which on a tile's pixels do not depend on what is beyond it
  Shape tile_;
  Tensors tensors_;
  Image small_;
  std::optional<Image> blurred_;  // what is left of it when it is made smaller by a step and enlarged again; none of
                                  // a picture that is too small for that
};

}  // namespace dipper
