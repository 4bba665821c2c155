// SPDX-License-Identifier: Apache-2.0
#include "classic/membrane.hpp"

#include <algorithm>
#include <cstddef>

#include "base/check.hpp"

namespace dipper {
namespace {

// The filling is right but for its details, which few sweeps of over-relaxation (Young, 1954) smooth out.
constexpr int sweeps = 40;
constexpr float over_relaxation = 1.5F;

}  // namespace

Membrane::Membrane(std::span<const float> known, int channels, int height, int width)
    : channels_(channels),
      height_(height),
      width_(width),
      known_(known.size()),
      filling_(channels, height, width, 0),
      filled_(known.size() * channels),
      lacking_(filled_.size()) {
  DIPPER_CHECK_EQ(known.size(), static_cast<std::size_t>(height) * width);
  for (std::size_t i = 0; i < known.size(); ++i) {
    known_[i] = known[i] >= 1 ? 1.0F : 0.0F;
    if (known[i] < 1) gaps_.push_back(i);
  }
}

void Membrane::span(std::span<float> values) {
  DIPPER_CHECK_EQ(values.size(), filled_.size());
  if (gaps_.empty()) return;
  filling_.fill(values, known_, filled_);
  for (int c = 0; c < channels_; ++c) {
    float* plane = values.data() + c * known_.size();
    for (const std::size_t at : gaps_) plane[at] = filled_[c * known_.size() + at];
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      for (const std::size_t at : gaps_) plane[at] += over_relaxation * (mean_of_neighbours(plane, at) - plane[at]);
    }
  }
}

void Membrane::close_seams(std::span<const float> values, std::span<float> x) {
  DIPPER_CHECK_EQ(x.size(), lacking_.size());
  DIPPER_CHECK_EQ(values.size(), lacking_.size());
  const std::size_t plane = known_.size();
  for (std::size_t i = 0; i < x.size(); ++i) lacking_[i] = known_[i % plane] >= 1 ? values[i] - x[i] : 0;
  span(lacking_);
  for (int c = 0; c < channels_; ++c) {
    for (const std::size_t at : gaps_) {
      float& drawn = x[c * plane + at];
      drawn = std::clamp(drawn + lacking_[c * plane + at], 0.0F, 1.0F);
    }
  }
}

std::size_t Membrane::bytes() const {
  const std::size_t floats = known_.size() + filled_.size() + lacking_.size();
  return floats * sizeof(float) + gaps_.size() * sizeof(std::size_t) + filling_.bytes();
}

// Of those there are: nothing pulls at a film's free edge.
float Membrane::mean_of_neighbours(const float* plane, std::size_t at) const {
  const auto width = static_cast<std::size_t>(width_);
  const std::size_t row = at / width;
  const std::size_t column = at % width;
  float sum = 0;
  int count = 0;
  const auto add = [&](bool there, std::size_t neighbour) {
    if (!there) return;
    sum += plane[neighbour];
    ++count;
  };
  add(row > 0, at - width);
  add(row + 1 < static_cast<std::size_t>(height_), at + width);
  add(column > 0, at - 1);
  add(column + 1 < width, at + 1);
  return count > 0 ? sum / static_cast<float>(count) : plane[at];
}

}  // namespace dipper
