// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/patience.hpp"
#include "dipper/image.hpp"
#include "fit/orientation.hpp"
#include "fit/recipe.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// Since some moment that stays the same.
[[nodiscard]] double steady_seconds();

/// Lets a network see pictures of any size, a square tile at a time, in the ways that a picture can be laid. Each pixel
/// of its result must depend on those near it alone.
class Tiles {
 public:
  /// The program's tensors, which must outlive this: what the network sees, what it is to draw, how far each pixel
  /// counts, and what it drew; [channel][row][column] of a tile.
  struct Tensors {
    std::span<float> z;
    std::span<float> y;
    std::span<float> weights;
    std::span<const float> x;
  };

  /// What makes x of z.
  using Draw = std::function<void()>;

  /// So many of the ways to lay a picture, from that on.
  struct Views {
    int first;
    int count;
  };

  /// Ways to lay a picture: mirrored or not, turned by four angles.
  static constexpr int all_views = 8;

  /// The network sees a sample less this, and what it draws less this is added to it: its output lies in (0, 1).
  static constexpr float middle = 0.5F;

  /// For a network of the recipe, and pictures of such a shape.
  Tiles(const Recipe& recipe, const Shape& picture, const Tensors& tensors);

  /// Of a tile, for pictures of this shape. Multiples of 8 that the picture fills, if it does not fill the largest.
  [[nodiscard]] static Shape shape_for(const Shape& picture);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] const Tensors& tensors() const { return tensors_; }

  /// That a picture of this size takes in each view.
  [[nodiscard]] int count(int height, int width) const;

  /// Seconds that a picture takes.
  struct Cost {
    double view = 0;   // for what the network draws, in each of the views
    double other = 0;  // for all else
  };

  /// Seconds that a tile takes, measured by a few.
  [[nodiscard]] static double seconds(const Draw& draw);

  /// Part of a picture of this size, the same for the same seed and step, laid in one of all ways. Calls
  /// see(index in a plane of a tile, index in a plane of the picture), and sets the weights to 1 inside the picture and
  /// to 0 beyond its edges, where it is mirrored.
  void learn_part(std::uint64_t seed, int step, int height, int width,
                  const std::function<void(std::size_t, std::size_t)>& see) const;

  /// Counts the tiles of some work, and asks after each whether there may be more.
  struct Looks {
    Patience& patience;
    int all;
    int taken = 0;

    [[nodiscard]] double share() const { return static_cast<double>(taken) / all; }
    [[nodiscard]] bool take() {
      ++taken;
      return patience.go_on(share());
    }
  };

  /// Adds to the picture what the network draws of it, the mean of the views, times `trust`. Where patience ends the
  /// last view may be a part; false, and nothing is added, when the first is, or when the network drew what is no
  /// number.
  [[nodiscard]] bool add_details(const Draw& draw, Views views, float trust, Looks& looks, Image& picture) const;

 private:
  struct Details;

  // From one tile to the next.
  [[nodiscard]] int inner() const { return shape_.height - 2 * margin_; }
  [[nodiscard]] bool add_view(const Draw& draw, const Image& picture, int view, Looks& looks, Details& details) const;
  void see(const Image& picture, const Orientation& laid, int top, int left) const;
  void take(const Orientation& laid, int top, int left, Details& details) const;

  int margin_;  // from which on a tile's pixels do not depend on what is beyond it
  Shape shape_;
  Tensors tensors_;
};

}  // namespace dipper
