// SPDX-License-Identifier: Apache-2.0
#include "fit/input.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "dipper/error.hpp"

namespace dipper {

Input::Input(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Shape& shape, std::span<float> z,
             const Layout& layout, std::span<const float> guide)
    : seed_(seed),
      backend_(&backend),
      shape_(shape),
      z_(z),
      scale_(static_cast<float>(recipe.input_scale)),
      noise_scale_(static_cast<float>(recipe.input_noise_scale)) {
  DIPPER_CHECK_EQ(z.size(), shape.size());
  if (recipe.input_kind == "normal") backend_->normal({seed_, Stream::input}, 0, scale_, Write::overwrite, z_);
  if (recipe.input_kind == "uniform") fill_uniform();
  if (recipe.input_kind == "mesh") fill_mesh(shape);
  if (recipe.input_kind == "picture") fill_picture(layout, guide);
  if (recipe.input_noise == "walk") noise_ = Noise::walk;
  if (recipe.input_noise == "fresh" && noise_scale_ > 0) {
    noise_ = Noise::fresh;
    still_ = Floats(z_.size());
    std::copy(z_.begin(), z_.end(), still_.data());
  }
}

int Input::channels(const Recipe& recipe, int guide_channels) {
  if (recipe.input_kind == "mesh") return 2;
  if (recipe.input_kind != "picture") return recipe.input_channels;
  if (guide_channels == 0) {
    throw Error("this recipe starts from a second picture (input.kind is \"picture\"), which only flash has");
  }
  return guide_channels;
}

void Input::before(int step) {
  if (noise_ != Noise::fresh) return;
  std::copy_n(still_.data(), z_.size(), z_.begin());
  add_noise(step);
}

void Input::after(int step) {
  if (noise_ == Noise::walk) add_noise(step);
}

void Input::visit(StateVisitor& visitor) {
  if (noise_ == Noise::walk) visitor.tensor("z", sizes_of(shape_), z_);
}

void Input::add_noise(int step) {
  backend_->normal({seed_, Stream::input_noise}, static_cast<std::uint64_t>(step), noise_scale_, Write::accumulate, z_);
}

void Input::fill_uniform() {
  const Philox random{seed_, Stream::input};
  for (std::size_t i = 0; i < z_.size(); ++i) z_[i] = scale_ * random.uniform(0, i);
}

// Two channels, from 0 to 1 along the columns and along the rows.
void Input::fill_mesh(const Shape& shape) {
  DIPPER_CHECK_EQ(shape.channels, 2);
  for (int i = 0; i < shape.height; ++i) {
    for (int j = 0; j < shape.width; ++j) {
      const std::size_t at = static_cast<std::size_t>(i) * shape.width + j;
      z_[at] = scale_ * static_cast<float>(j) / static_cast<float>(std::max(1, shape.width - 1));
      z_[shape.plane() + at] = scale_ * static_cast<float>(i) / static_cast<float>(std::max(1, shape.height - 1));
    }
  }
}

void Input::fill_picture(const Layout& layout, std::span<const float> guide) {
  const std::size_t canvas = layout.canvas.plane();
  if (z_.size() * layout.picture.plane() != guide.size() * canvas) {
    throw Error("this network takes an input smaller than the picture, so input.kind cannot be \"picture\"");
  }
  const std::size_t channels = z_.size() / canvas;
  layout.for_each_pixel([&](std::size_t to, std::size_t from, bool /*inside*/) {
    for (std::size_t c = 0; c < channels; ++c) z_[c * canvas + to] = scale_ * guide[c * layout.picture.plane() + from];
  });
}

}  // namespace dipper
