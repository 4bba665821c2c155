// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fit/gaps.hpp"
#include "fit/layout.hpp"
#include "fit/recipe.hpp"
#include "fit/state.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"
#include "kernels/desc.hpp"
#include "kernels/part.hpp"
#include "kernels/showing.hpp"

namespace dipper {

/// Shows a network what is known of the picture, less a share that is hidden anew in each step and alone counts in the
/// loss. So the network learns to tell a pixel from those around it, never from itself: it cannot learn the noise, and
/// has nothing to gain by remembering (Batson and Royer, "Noise2Self", 2019; Quan et al., "Self2Self with dropout",
/// 2020). Its output is what a smooth filling of the gaps lacks.
class Hiding {
 public:
  /// The program's tensors, which must outlive this. y and weights, [channel][row][column] of the canvas, hold the
  /// picture and how far each pixel counts; from here on they are what the loss needs in each step, and z is written
  /// anew, as far as channels(y's) x height x width; what lies behind that, such as a guide, stays.
  struct Tensors {
    Buffer& z;
    Buffer& y;
    Buffer& weights;
  };
  /// held_out: pixels of the picture, [row][column], that never count though y has them. They are shown and hidden like
  /// others, for those around them; the first step hides them all, so that what is averaged of them is always told.
  Hiding(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Shape& canvas, const Window& picture,
         const Tensors& tensors, std::span<const std::size_t> held_out = {});

  /// The same of pictures that take() gives it, one after the other, whose gaps are of those shapes.
  Hiding(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Shape& canvas, const Window& picture,
         const Tensors& tensors, Gaps gaps);

  /// From here on the picture is this part of a larger one, which the backend has: values, [channel][row][column], and
  /// weights, [row][column], how far each pixel counts. known: of each whether it is known, 1 or 0.
  void take(const PartDesc& part, std::span<const float> values, std::span<const float> weights,
            std::span<const std::uint8_t> known);

  /// To be called before the network sees z in step `step`, counted from 0. Only the backend gets the tensors.
  void before(int step);

  /// The same, but the network is shown what is known of these pixels, [row][column] of the canvas, not 0, and no
  /// others.
  void show(std::span<const std::uint8_t> pixels);

  /// What the network's output is added to, as large as y.
  [[nodiscard]] Buffer& base() { return base_; }

  /// Whether the input of this step showed that pixel of the canvas.
  [[nodiscard]] bool shows(std::size_t pixel) const { return shown_[pixel] != 0; }

  /// The same of all pixels, for the backend, from z: more than 0 where it did.
  [[nodiscard]] std::span<const float> shown_in_z() const { return z_.subspan(canvas_.size(), canvas_.plane()); }

  /// The share of what the average of outputs was before this step in what it is after it, for each pixel of the
  /// canvas; the recipe's where steps are many, empty where it has none. A pixel that the network was shown is none
  /// that it had to tell, so it keeps its average.
  [[nodiscard]] Buffer& shares() { return shares_; }

  void visit(StateVisitor& visitor) {
    visit_buffer(visitor, "base", sizes_of(canvas_), base_);
    visit_buffer(visitor, "told", {static_cast<std::size_t>(canvas_.height), static_cast<std::size_t>(canvas_.width)},
                 told_);
  }

  [[nodiscard]] std::size_t bytes() const;

  /// The channels of z for a picture of so many: what the known pixels have beside the filling, whether they are known,
  /// and the filling.
  [[nodiscard]] static int channels(int picture_channels) { return 2 * picture_channels + 1; }

 private:
  void draw(int step);

  Backend* backend_;
  std::uint64_t seed_;
  float share_;
  Shape canvas_;
  Window window_;
  std::vector<std::size_t> held_out_;  // of the canvas
  Gaps gaps_;
  std::vector<std::uint8_t> known_;  // 1 or 0
  std::vector<std::uint8_t> shown_;  // 1 or 0
  std::span<const float> z_;
  Buffer picture_;  // y as it came
  Buffer counts_;   // weights as they came
  Buffer told_;     // in how many steps each pixel was not shown
  Buffer base_;
  Buffer shares_;
  std::unique_ptr<Showing> showing_;
};

}  // namespace dipper
