// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "dipper/error.hpp"
#include "dipper/report.hpp"
#include "report/animation_encoder.hpp"
#include "report/canvas.hpp"
#include "report/gif.hpp"
#include "report/webp_animation.hpp"

namespace dipper {
namespace {

constexpr int frame_milliseconds = 80;
constexpr int last_milliseconds = 2000;

struct Format {
  std::string_view extension;
  MakeAnimationEncoder make;
};
constexpr std::array<Format, 2> formats = {{{".gif", gif_animation}, {".webp", webp_animation}}};

MakeAnimationEncoder encoder_for(const std::filesystem::path& target) {
  std::string extension = target.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const Format& format : formats) {
    if (format.extension == extension) return format.make;
  }
  throw Error(fmt::format("{} does not say how to write an animation; end the name in .gif or .webp", target.string()));
}

// The longer side at most `size`, the shape kept.
std::pair<int, int> fitted(const Image& image, int size) {
  const int longer = std::max(image.width, image.height);
  if (longer <= size) return {image.width, image.height};
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(static_cast<double>(side) * size / longer)));
  };
  return {scaled(image.width), scaled(image.height)};
}

}  // namespace

struct Animation::State {
  std::filesystem::path target;
  int size = 0;
  MakeAnimationEncoder make = nullptr;
  std::unique_ptr<AnimationEncoder> encoder;  // from the first frame on
  std::optional<Canvas> pending;              // the latest frame: how long it stays is known when the next one comes
};

Animation::Animation(const std::filesystem::path& target, int size) : state_(std::make_unique<State>()) {
  if (size < 1) throw Error(fmt::format("an animation cannot be {} pixels wide", size));
  state_->target = target;
  state_->size = size;
  state_->make = encoder_for(target);
  const OutputFile probe(target);  // never committed: nothing of it stays
}

Animation::~Animation() = default;
Animation::Animation(Animation&&) noexcept = default;
Animation& Animation::operator=(Animation&&) noexcept = default;

void Animation::add(const Image& frame) {
  if (frame.empty()) throw Error("an animation cannot show a picture without pixels");
  const auto [width, height] = fitted(frame, state_->size);
  Canvas canvas = display(frame, width, height);
  if (!state_->encoder) {
    state_->encoder = state_->make(width, height);
  } else if (canvas.width != state_->pending->width || canvas.height != state_->pending->height) {
    throw Error("the frames of an animation must have one size");
  } else {
    state_->encoder->add(*state_->pending, frame_milliseconds);
  }
  state_->pending = std::move(canvas);
}

void Animation::write() {
  if (!state_->encoder) throw Error("an animation needs at least one frame");
  state_->encoder->add(*state_->pending, last_milliseconds);
  OutputFile file(state_->target);
  file.write(state_->encoder->finish());
  file.commit();
  state_->encoder.reset();  // a frame after this begins a new animation
}

}  // namespace dipper
