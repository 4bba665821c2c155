// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "classic/pyramid_fill.hpp"
#include "fit/gaps.hpp"
#include "fit/recipe.hpp"
#include "fit/state.hpp"
#include "kernels/desc.hpp"

namespace dipper {

/// Shows a network what is known of the picture, less a share that is hidden anew in each step and alone counts in the
/// loss. So the network learns to tell a pixel from those around it, never from itself: it cannot learn the noise, and
/// has nothing to gain by remembering (Batson and Royer, "Noise2Self", 2019; Quan et al., "Self2Self with dropout",
/// 2020). Its output is what a smooth filling of the gaps lacks.
class Hiding {
 public:
  /// The program's tensors, which must outlive this. y and weights, [channel][row][column] of the canvas, hold the
  /// picture and how far each pixel counts; from here on they are what the loss needs in each step, and z is written
  /// whole. z: channels(y's) x height x width, or each square of its pixels as one position with so many channels more.
  struct Tensors {
    std::span<float> z;
    std::span<float> y;
    std::span<float> weights;
  };
  Hiding(const Recipe& recipe, std::uint64_t seed, const Shape& canvas, const Window& picture, const Tensors& tensors);

  /// To be called before the network sees z in step `step`, counted from 0.
  void before(int step);

  /// What the network's output is added to, as large as y.
  [[nodiscard]] std::span<const float> base() const { return base_; }

  /// Whether the input of this step showed that pixel of the canvas.
  [[nodiscard]] bool shows(std::size_t pixel) const { return shown_[pixel] != 0; }

  /// The share of what the average of outputs was before this step in what it is after it, for one element of the
  /// canvas; `decay` where steps are many. A pixel that the network was shown is none that it had to tell, so it keeps
  /// its average. The first outputs, which are bad, are forgotten faster (polynomial-decay averaging, Shamir and Zhang,
  /// 2013).
  [[nodiscard]] float average_share(std::size_t element, double decay) const {
    const std::size_t pixel = element % canvas_.plane();
    if (shows(pixel) && told_[pixel] > 0) return 1;
    return std::min(static_cast<float>(decay), told_[pixel] / (4 + told_[pixel]));
  }

  /// To be called after each step.
  void after();

  void visit(StateVisitor& visitor) {
    visitor.tensor("base", sizes_of(canvas_), base_);
    visitor.tensor("told", {static_cast<std::size_t>(canvas_.height), static_cast<std::size_t>(canvas_.width)}, told_);
  }

  [[nodiscard]] std::size_t bytes() const;

  /// The channels of z for a picture of so many: what the known pixels have beside the filling, whether they are known,
  /// and the filling.
  [[nodiscard]] static int channels(int picture_channels) { return 2 * picture_channels + 1; }

 private:
  void draw(int step);
  void write_input();

  std::uint64_t seed_;
  float share_;
  Shape canvas_;
  Window window_;
  Gaps gaps_;
  Tensors tensors_;
  std::vector<float> picture_;  // y as it came
  std::vector<float> known_;    // weights as they came
  std::vector<float> shown_;    // 1 or 0
  std::vector<float> told_;     // in how many steps each pixel was not shown
  std::vector<float> base_;
  PyramidFill filling_;
};

}  // namespace dipper
