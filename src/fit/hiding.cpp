// SPDX-License-Identifier: Apache-2.0
#include "fit/hiding.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

// The network's output lies in (0, 1): its middle adds nothing.
constexpr float middle = 0.5F;

// Known pixels differ little from the filling: about as much as z's other channels from 0 once they are multiplied.
constexpr float detail_gain = 4;

// A window's part of one plane of a canvas.
std::vector<float> part_of(std::span<const float> plane, const Shape& canvas, const Window& window) {
  std::vector<float> part;
  for (int i = 0; i < window.height; ++i) {
    const auto row = plane.subspan(static_cast<std::size_t>(window.top + i) * canvas.width + window.left, window.width);
    part.insert(part.end(), row.begin(), row.end());
  }
  return part;
}

}  // namespace

Hiding::Hiding(const Recipe& recipe, std::uint64_t seed, const Shape& canvas, const Window& picture,
               const Tensors& tensors)
    : seed_(seed),
      share_(static_cast<float>(recipe.input_hide)),
      canvas_(canvas),
      window_(picture),
      gaps_(part_of(tensors.weights, canvas, picture), picture.height, picture.width),
      tensors_(tensors),
      picture_(tensors.y.begin(), tensors.y.end()),
      known_(tensors.weights.begin(), tensors.weights.end()),
      shown_(canvas.plane()),
      told_(canvas.plane()),
      base_(canvas.size()),
      filling_(canvas.channels, canvas.height, canvas.width) {
  DIPPER_CHECK_EQ(tensors.y.size(), canvas.size());
  DIPPER_CHECK_EQ(tensors.weights.size(), canvas.plane());
  if (tensors.z.size() != channels(canvas.channels) * canvas.plane()) {
    throw Error("this network takes an input smaller than the picture, so input.kind cannot be \"observed\"");
  }
}

void Hiding::before(int step) {
  draw(step);
  filling_.fill(picture_, shown_, base_);
  write_input();
  for (std::size_t i = 0; i < base_.size(); ++i) {
    base_[i] -= middle;
    tensors_.y[i] = picture_[i] - base_[i];
  }
}

void Hiding::after() {
  for (std::size_t i = 0; i < told_.size(); ++i) told_[i] += 1 - shown_[i];
}

void Hiding::draw(int step) {
  const std::vector<std::uint32_t> covered = gaps_.lay({seed_, Stream::hiding}, step, share_);
  for (int i = 0; i < window_.height; ++i) {
    for (int j = 0; j < window_.width; ++j) {
      const std::size_t at = static_cast<std::size_t>(window_.top + i) * canvas_.width + window_.left + j;
      const bool hidden = known_[at] > 0 && covered[static_cast<std::size_t>(i) * window_.width + j] != 0;
      shown_[at] = known_[at] > 0 && !hidden ? 1 : 0;
      tensors_.weights[at] = hidden ? known_[at] : 0;
    }
  }
}

void Hiding::write_input() {
  const std::size_t plane = canvas_.plane();
  const std::span<float> known = tensors_.z.subspan(canvas_.size(), plane);
  for (std::size_t i = 0; i < plane; ++i) known[i] = shown_[i] - middle;
  const std::span<float> filling = tensors_.z.subspan(canvas_.size() + plane);
  for (int c = 0; c < canvas_.channels; ++c) {
    for (std::size_t i = 0; i < plane; ++i) {
      const std::size_t at = c * plane + i;
      tensors_.z[at] = shown_[i] > 0 ? detail_gain * (picture_[at] - base_[at]) : 0;
      filling[at] = base_[at] - middle;
    }
  }
}

std::size_t Hiding::bytes() const {
  return (picture_.size() + known_.size() + shown_.size() + told_.size() + base_.size()) * sizeof(float) +
         gaps_.bytes() + window_.height * window_.width * sizeof(std::uint32_t) + filling_.bytes();
}

}  // namespace dipper
