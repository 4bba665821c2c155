// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "fit/layout.hpp"
#include "fit/recipe.hpp"
#include "fit/state.hpp"
#include "kernels/backend.hpp"
#include "kernels/buffer.hpp"

namespace dipper {

/// The network's input z: what it begins as, and how noise changes it from step to step.
class Input {
 public:
  /// Fills z, of the given shape, which must outlive this. `guide` is as large as the layout's picture, channels x
  /// height x width in [0, 1]: all of z where "input.kind = picture", its last channels where that is "observed".
  Input(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Shape& shape, Buffer& z, const Layout& layout,
        std::span<const float> guide);

  /// To be called before and after the network has seen z in the backend's step. Whether it changed z.
  [[nodiscard]] bool before();
  [[nodiscard]] bool after();

  /// z where it walks; elsewhere it follows from the seed.
  void visit(StateVisitor& visitor);

  [[nodiscard]] std::size_t bytes() const { return still_.bytes(); }

  /// The channels of z: the recipe's, 2 for a mesh, those of the guide for a picture. Throws Error for a picture where
  /// there is none. Of an observed input Hiding knows them, which writes it.
  [[nodiscard]] static int channels(const Recipe& recipe, int guide_channels);

 private:
  enum class Noise { none, walk, fresh };

  void fill_uniform();
  void fill_mesh(const Shape& shape);
  void fill_guide(const Layout& layout, std::span<const float> guide, const std::string& kind);
  void add_noise_to(const Buffer& from);

  std::uint64_t seed_;
  Backend* backend_;
  Shape shape_;
  Buffer* z_;
  float scale_;
  float noise_scale_;
  Noise noise_ = Noise::none;
  Buffer still_;  // z without noise, when each step draws its own
};

}  // namespace dipper
