// SPDX-License-Identifier: Apache-2.0
#include "fit/input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "dipper/error.hpp"

namespace dipper {

Input::Input(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Shape& shape, Buffer& z,
             const Layout& layout, std::span<const float> guide)
    : seed_(seed),
      backend_(&backend),
      shape_(shape),
      z_(&z),
      scale_(static_cast<float>(recipe.input_scale)),
      noise_scale_(static_cast<float>(recipe.input_noise_scale)) {
  DIPPER_CHECK_EQ(z.size(), shape.size());
  if (recipe.input_kind == "normal") {
    backend_->begin_step({.number = 0});
    backend_->normal({seed_, Stream::input}, scale_, Write::overwrite, z.all());
  }
  if (recipe.input_kind == "uniform") fill_uniform();
  if (recipe.input_kind == "mesh") fill_mesh(shape);
  if (!guide.empty()) fill_guide(layout, guide, recipe.input_kind);
  if (recipe.input_noise == "walk") noise_ = Noise::walk;
  if (recipe.input_noise == "fresh" && noise_scale_ > 0) {
    noise_ = Noise::fresh;
    still_ = Buffer(backend, z.size());
    still_.copy_from(z);
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

bool Input::before() {
  if (noise_ != Noise::fresh) return false;
  add_noise_to(still_);
  return true;
}

bool Input::after() {
  if (noise_ == Noise::walk) add_noise_to(*z_);
  return noise_ == Noise::walk;
}

void Input::visit(StateVisitor& visitor) {
  if (noise_ == Noise::walk) visit_buffer(visitor, "z", sizes_of(shape_), *z_);
}

void Input::add_noise_to(const Buffer& from) {
  backend_->noise({seed_, Stream::input_noise}, noise_scale_, from.all(), z_->all());
}

void Input::fill_uniform() {
  const Philox random{seed_, Stream::input};
  const std::span<float> z = z_->host();
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = scale_ * random.uniform(0, i);
  z_->push();
}

// Two channels, from 0 to 1 along the columns and along the rows.
void Input::fill_mesh(const Shape& shape) {
  DIPPER_CHECK_EQ(shape.channels, 2);
  const std::span<float> z = z_->host();
  for (int i = 0; i < shape.height; ++i) {
    for (int j = 0; j < shape.width; ++j) {
      const std::size_t at = static_cast<std::size_t>(i) * shape.width + j;
      z[at] = scale_ * static_cast<float>(j) / static_cast<float>(std::max(1, shape.width - 1));
      z[shape.plane() + at] = scale_ * static_cast<float>(i) / static_cast<float>(std::max(1, shape.height - 1));
    }
  }
  z_->push();
}

void Input::fill_guide(const Layout& layout, std::span<const float> guide, const std::string& kind) {
  if (shape_.plane() != layout.canvas.plane()) {
    throw Error(
        fmt::format("this network takes an input smaller than the picture, so input.kind cannot be \"{}\"", kind));
  }
  const std::size_t canvas = layout.canvas.plane();
  const std::size_t channels = guide.size() / layout.picture.plane();
  const std::span<float> z = z_->host().last(channels * canvas);
  layout.for_each_pixel([&](std::size_t to, std::size_t from, bool /*inside*/) {
    for (std::size_t c = 0; c < channels; ++c) z[c * canvas + to] = scale_ * guide[c * layout.picture.plane() + from];
  });
  z_->push();
}

}  // namespace dipper
