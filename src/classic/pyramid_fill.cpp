// SPDX-License-Identifier: Apache-2.0
#include "classic/pyramid_fill.hpp"

#include <algorithm>
#include <cstddef>

#include "base/check.hpp"

namespace dipper {
namespace {

// The bell's weights at its middle and beside it, of the row of binomial coefficients 1, 4, 6, 4, 1.
constexpr float bell[] = {6.0F / 16, 4.0F / 16, 1.0F / 16};

// From this weight down a level is no better founded than the next coarser one.
constexpr float little = 0.02F;

// So small that one coarser says no more.
constexpr int least_side = 4;

constexpr float weighted(float middle, float beside, float further) {
  return bell[0] * middle + bell[1] * beside + bell[2] * further;
}

}  // namespace

PyramidFill::PyramidFill(int channels, int height, int width, float otherwise)
    : channels_(channels), otherwise_(otherwise) {
  DIPPER_CHECK(channels > 0 && height > 0 && width > 0);
  for (;;) {
    const std::size_t plane = static_cast<std::size_t>(height) * width;
    levels_.push_back({height, width, std::vector<float>(plane), std::vector<float>(plane * channels)});
    if (std::min(height, width) <= least_side) break;
    height = (height + 1) / 2;
    width = (width + 1) / 2;
  }
  blurred_.resize(levels_.front().plane());
}

void PyramidFill::fill(std::span<const float> values, std::span<const float> known, std::span<float> to) {
  Level& first = levels_.front();
  const std::size_t plane = first.plane();
  DIPPER_CHECK_EQ(known.size(), plane);
  DIPPER_CHECK_EQ(values.size(), first.values.size());
  DIPPER_CHECK_EQ(to.size(), values.size());
  std::copy(known.begin(), known.end(), first.known.begin());
  for (int c = 0; c < channels_; ++c) {
    for (std::size_t i = 0; i < plane; ++i) {
      first.values[c * plane + i] = known[i] > 0 ? known[i] * values[c * plane + i] : 0;
    }
  }
  for (std::size_t n = 0; n < levels_.size(); ++n) {
    Level& level = levels_[n];
    const auto each_plane = [&](const auto& apply) {
      apply(std::span(level.known), n > 0 ? std::span<const float>(levels_[n - 1].known) : std::span<const float>());
      for (int c = 0; c < channels_; ++c) {
        const std::size_t size = n > 0 ? levels_[n - 1].plane() : 0;
        const std::span<const float> finer = n > 0 ? std::span(levels_[n - 1].values) : std::span<const float>();
        apply(std::span(level.values).subspan(c * level.plane(), level.plane()), finer.subspan(c * size, size));
      }
    };
    each_plane([&](std::span<float> x, std::span<const float> finer) {
      if (n > 0) halve(finer, levels_[n - 1], x);
      blur(level, x);
    });
  }
  for (std::size_t n = levels_.size(); n-- > 0;) divide(n);
  std::copy(first.values.begin(), first.values.end(), to.begin());
}

std::size_t PyramidFill::bytes() const {
  std::size_t count = blurred_.size();
  for (const Level& level : levels_) count += level.known.size() + level.values.size();
  return count * sizeof(float);
}

// Sums of two by two, over four; what is beyond an odd edge counts nothing.
void PyramidFill::halve(std::span<const float> from, const Level& level, std::span<float> to) {
  const int width = (level.width + 1) / 2;
  std::fill(to.begin(), to.end(), 0.0F);
  for (int i = 0; i < level.height; ++i) {
    const float* row = from.data() + static_cast<std::size_t>(i) * level.width;
    float* half = to.data() + static_cast<std::size_t>(i / 2) * width;
    for (int j = 0; j + 1 < level.width; j += 2) half[j / 2] += (row[j] + row[j + 1]) / 4;
    if (level.width % 2 != 0) half[width - 1] += row[level.width - 1] / 4;
  }
}

// Row i of a plane twice as large, linear between the centres of pixels.
void PyramidFill::enlarge_row(std::span<const float> plane, const Level& level, int i, std::span<float> to) {
  const auto nearer = [&](int n, int size) { return std::clamp(n % 2 == 0 ? n / 2 - 1 : n / 2 + 1, 0, size - 1); };
  const float* here = plane.data() + static_cast<std::size_t>(i / 2) * level.width;
  const float* other = plane.data() + static_cast<std::size_t>(nearer(i, level.height)) * level.width;
  const auto column = [&](int j) { return 0.75F * here[j] + 0.25F * other[j]; };
  for (int j = 0; j < static_cast<int>(to.size()); ++j) {
    to[j] = 0.75F * column(j / 2) + 0.25F * column(nearer(j, level.width));
  }
}

// By the bell along rows and then along columns; the edge repeats.
void PyramidFill::blur(const Level& level, std::span<float> x) {
  const int width = level.width;
  const int height = level.height;
  for (int i = 0; i < height; ++i) {
    const float* from = x.data() + static_cast<std::size_t>(i) * width;
    float* to = blurred_.data() + static_cast<std::size_t>(i) * width;
    const auto at = [&](int j) { return from[std::clamp(j, 0, width - 1)]; };
    const auto near_edge = [&](int j) { to[j] = weighted(at(j), at(j - 1) + at(j + 1), at(j - 2) + at(j + 2)); };
    for (int j = 0; j < std::min(2, width); ++j) near_edge(j);
    for (int j = 2; j < width - 2; ++j) {
      to[j] = weighted(from[j], from[j - 1] + from[j + 1], from[j - 2] + from[j + 2]);
    }
    for (int j = std::max(2, width - 2); j < width; ++j) near_edge(j);
  }
  for (int i = 0; i < height; ++i) {
    const auto row = [&](int n) {
      return blurred_.data() + static_cast<std::size_t>(std::clamp(n, 0, height - 1)) * width;
    };
    const float* above2 = row(i - 2);
    const float* above = row(i - 1);
    const float* here = row(i);
    const float* below = row(i + 1);
    const float* below2 = row(i + 2);
    float* to = x.data() + static_cast<std::size_t>(i) * width;
    for (int j = 0; j < width; ++j) to[j] = weighted(here[j], above[j] + below[j], above2[j] + below2[j]);
  }
}

// Sums become means; where their weight is little, the coarser level fills them up.
void PyramidFill::divide(std::size_t n) {
  Level& level = levels_[n];
  Level* coarser = n + 1 < levels_.size() ? &levels_[n + 1] : nullptr;
  std::vector<float>& coarse = blurred_;
  for (int c = 0; c < channels_; ++c) {
    for (int i = 0; i < level.height; ++i) {
      if (coarser != nullptr) {
        enlarge_row(coarser->plane_of(c), *coarser, i, std::span(coarse).first(level.width));
      } else {
        std::fill_n(coarse.begin(), level.width, otherwise_);
      }
      const std::size_t at = static_cast<std::size_t>(i) * level.width;
      const float* known = level.known.data() + at;
      float* x = level.plane_of(c).data() + at;
      for (int j = 0; j < level.width; ++j) x[j] = (x[j] + little * coarse[j]) / (known[j] + little);
    }
  }
}

}  // namespace dipper
