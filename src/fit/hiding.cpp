// SPDX-License-Identifier: Apache-2.0
#include "fit/hiding.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "dipper/error.hpp"
#include "fit/showing.hpp"

namespace dipper {
namespace {

// A window's part of one plane of a canvas.
std::vector<float> part_of(std::span<const float> plane, const Shape& canvas, const Window& window) {
  std::vector<float> part;
  for (int i = 0; i < window.height; ++i) {
    const auto row = plane.subspan(static_cast<std::size_t>(window.top + i) * canvas.width + window.left, window.width);
    part.insert(part.end(), row.begin(), row.end());
  }
  return part;
}

std::vector<std::size_t> places_on(const Shape& canvas, const Window& window, std::span<const std::size_t> pixels) {
  std::vector<std::size_t> places;
  for (const std::size_t i : pixels) {
    places.push_back((window.top + i / window.width) * canvas.width + window.left + i % window.width);
  }
  return places;
}

// How far each pixel is known, these too.
std::vector<float> with(std::span<const std::size_t> pixels, std::span<const float> weights) {
  std::vector<float> known(weights.begin(), weights.end());
  for (const std::size_t i : pixels) known[i] = 1;
  return known;
}

Buffer copy_of(Backend& backend, const Buffer& from) {
  Buffer copy(backend, from.size());
  copy.copy_from(from);
  return copy;
}

std::unique_ptr<Showing> make_showing(Backend& backend, const ShowingDesc& desc) {
  std::unique_ptr<Showing> showing = backend.showing(desc);
  DIPPER_CHECK(showing != nullptr || backend.on_host());
  return showing != nullptr ? std::move(showing) : make_host_showing(desc);
}

}  // namespace

Hiding::Hiding(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Shape& canvas, const Window& picture,
               const Tensors& tensors, std::span<const std::size_t> held_out)
    : Hiding(recipe, seed, backend, canvas, picture, tensors,
             Gaps(part_of(with(places_on(canvas, picture, held_out), tensors.weights.pull()), canvas, picture),
                  picture.height, picture.width)) {
  held_out_ = places_on(canvas, picture, held_out);
  std::ranges::transform(with(held_out_, tensors.weights.host()), known_.begin(),
                         [](float weight) { return weight > 0; });
}

Hiding::Hiding(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Shape& canvas, const Window& picture,
               const Tensors& tensors, Gaps gaps)
    : backend_(&backend),
      seed_(seed),
      share_(static_cast<float>(recipe.input_hide)),
      canvas_(canvas),
      window_(picture),
      gaps_(std::move(gaps)),
      known_(canvas.plane()),
      shown_(canvas.plane()),
      z_(tensors.z.all()),
      picture_(copy_of(backend, tensors.y)),
      counts_(copy_of(backend, tensors.weights)),
      told_(backend, canvas.plane()),
      base_(backend, canvas.size()),
      shares_(recipe.average > 0 ? Buffer(backend, canvas.plane()) : Buffer()) {
  DIPPER_CHECK_EQ(tensors.y.size(), canvas.size());
  DIPPER_CHECK_EQ(tensors.weights.size(), canvas.plane());
  if (tensors.z.size() < channels(canvas.channels) * canvas.plane()) {
    throw Error("this network takes an input smaller than the picture, so input.kind cannot be \"observed\"");
  }
  showing_ = make_showing(backend, {.canvas = canvas,
                                    .decay = static_cast<float>(recipe.average),
                                    .picture = picture_.data(),
                                    .known = counts_.data(),
                                    .z = tensors.z.data(),
                                    .y = tensors.y.data(),
                                    .weights = tensors.weights.data(),
                                    .base = base_.data(),
                                    .told = told_.data(),
                                    .shares = shares_.data()});
}

void Hiding::take(const PartDesc& part, std::span<const float> values, std::span<const float> weights,
                  std::span<const std::uint8_t> known) {
  backend_->cut(part, Padding::zero, values, picture_.all());
  backend_->cut(part, Padding::zero, weights, counts_.all());
  for (int i = 0; i < window_.height; ++i) {
    std::copy_n(known.data() + part.in_picture(i, 0), window_.width, known_.data() + part.in_canvas(i, 0));
  }
}

void Hiding::show(std::span<const std::uint8_t> pixels) {
  for (std::size_t i = 0; i < shown_.size(); ++i) shown_[i] = pixels[i] != 0 ? known_[i] : 0;
  showing_->show(shown_);
}

void Hiding::before(int step) {
  draw(step);
  showing_->show(shown_);
}

void Hiding::draw(int step) {
  const std::vector<std::uint32_t> covered = gaps_.lay({seed_, Stream::hiding}, step, share_);
  for (int i = 0; i < window_.height; ++i) {
    const std::size_t at = static_cast<std::size_t>(window_.top + i) * canvas_.width + window_.left;
    const std::uint32_t* covers = covered.data() + static_cast<std::size_t>(i) * window_.width;
    const std::uint8_t* known = known_.data() + at;
    std::uint8_t* shown = shown_.data() + at;
    for (int j = 0; j < window_.width; ++j) shown[j] = known[j] & (covers[j] == 0 ? 1 : 0);
  }
  if (step > 0) return;
  for (const std::size_t i : held_out_) shown_[i] = 0;
}

std::size_t Hiding::bytes() const {
  return held_out_.size() * sizeof(std::size_t) + known_.size() + shown_.size() + picture_.bytes() + counts_.bytes() +
         told_.bytes() + base_.bytes() + shares_.bytes() + gaps_.bytes() +
         window_.height * window_.width * sizeof(std::uint32_t) + showing_->bytes();
}

}  // namespace dipper
