// SPDX-License-Identifier: Apache-2.0
#include "api/excerpt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "dipper/image.hpp"
#include "image/resize.hpp"

namespace dipper {
namespace {

std::size_t plane(const Window& window) {
  return static_cast<std::size_t>(window.height) * window.width;
}

// Around what is missing for the most part; around all that is known in part, where there is no such.
Window around_missing(std::span<const float> weights, const Shape& picture) {
  const float least = std::ranges::any_of(weights, [](float weight) { return weight < 0.5F; }) ? 0.5F : 1.0F;
  const auto is_missing = [least](float weight) { return weight < least; };
  int top = picture.height;
  int left = picture.width;
  int bottom = 0;
  int right = 0;
  for (int i = 0; i < picture.height; ++i) {
    const auto row = weights.subspan(static_cast<std::size_t>(i) * picture.width, picture.width);
    const auto first = std::ranges::find_if(row, is_missing);
    if (first == row.end()) continue;
    const auto last = std::find_if(row.rbegin(), row.rend(), is_missing);
    top = std::min(top, i);
    bottom = i + 1;
    left = std::min(left, static_cast<int>(first - row.begin()));
    right = std::max(right, static_cast<int>(row.rend() - last));
  }
  DIPPER_CHECK(top < bottom);
  return {top, left, bottom - top, right - left};
}

// The same with so much around it, as far as the picture goes.
Window widened(const Window& window, int by, const Shape& picture) {
  const int top = std::max(0, window.top - by);
  const int left = std::max(0, window.left - by);
  const int bottom = std::min(picture.height, window.top + window.height + by);
  const int right = std::min(picture.width, window.left + window.width + by);
  return {top, left, bottom - top, right - left};
}

Window window_for(std::span<const float> weights, const Shape& picture, std::size_t most) {
  const Window missing = around_missing(weights, picture);
  int by = (std::max(missing.height, missing.width) + 1) / 2;
  const int furthest = std::max(picture.height, picture.width);
  while (by < furthest && plane(widened(missing, by + 1, picture)) <= most) ++by;
  return widened(missing, by, picture);
}

// A strip may be no narrower than a pixel, so it gets shorter instead.
Shape made_smaller(const Window& window, int channels, std::size_t most) {
  const double share = std::min(1.0, std::sqrt(static_cast<double>(most) / static_cast<double>(plane(window))));
  const auto side = [&](int length, int other) {
    const double longest = static_cast<double>(most) / std::max(1.0, share * other);
    return std::max(1, static_cast<int>(std::min(share * length, longest)));
  };
  return {channels, side(window.height, window.width), side(window.width, window.height)};
}

}  // namespace

Excerpt::Excerpt(std::span<const float> values, std::span<const float> weights, const Shape& picture, std::size_t most)
    : picture_(picture),
      window_(window_for(weights, picture, most)),
      shape_(made_smaller(window_, picture.channels, most)) {
  DIPPER_CHECK_EQ(values.size(), picture.size());
  DIPPER_CHECK_EQ(weights.size(), picture.plane());
  Image seen(window_.width, window_.height, picture.channels + 1);
  seen.sample = SampleType::f32;
  std::ranges::copy(cut(values), seen.samples.begin());
  const std::span<float> alpha_seen = seen.plane(picture.channels);
  std::ranges::copy(cut(weights), alpha_seen.begin());
  for (int c = 0; c < picture.channels; ++c) {  // infinity times 0 would be no number
    for (std::size_t i = 0; i < alpha_seen.size(); ++i) {
      if (!(alpha_seen[i] > 0)) seen.plane(c)[i] = 0;
    }
  }
  const Image made = resize(seen, shape_.width, shape_.height, ResizeKernel::box);
  values_.assign(made.colours().begin(), made.colours().end());
  const std::span<const float> alpha = made.plane(picture.channels);
  weights_.assign(alpha.begin(), alpha.end());
}

void Excerpt::put(std::span<const float> drawn, std::span<const float> values, std::span<float> whole,
                  ThreadPool* pool) const {
  DIPPER_CHECK_EQ(drawn.size(), shape_.size());
  DIPPER_CHECK_EQ(values.size(), picture_.size());
  DIPPER_CHECK_EQ(whole.size(), picture_.size());
  Image small(shape_.width, shape_.height, shape_.channels);
  small.sample = SampleType::f32;
  std::ranges::copy(drawn, small.samples.begin());
  const Image large = resize(small, window_.width, window_.height, ResizeKernel::bicubic, pool);
  std::ranges::copy(values, whole.begin());
  paste(large.samples, whole);
}

std::vector<float> Excerpt::cut(std::span<const float> planes) const {
  const std::size_t count = planes.size() / picture_.plane();
  std::vector<float> of_window(count * plane(window_));
  for_each_row(count, [&](std::size_t in_window, std::size_t in_planes) {
    std::ranges::copy(planes.subspan(in_planes, window_.width),
                      of_window.begin() + static_cast<std::ptrdiff_t>(in_window));
  });
  return of_window;
}

void Excerpt::paste(std::span<const float> of_window, std::span<float> planes) const {
  DIPPER_CHECK_EQ(of_window.size() / plane(window_), planes.size() / picture_.plane());
  for_each_row(planes.size() / picture_.plane(), [&](std::size_t in_window, std::size_t in_planes) {
    std::ranges::copy(of_window.subspan(in_window, window_.width),
                      planes.begin() + static_cast<std::ptrdiff_t>(in_planes));
  });
}

std::string Excerpt::description() const {
  const bool is_smaller = shape_.width != window_.width || shape_.height != window_.height;
  return fmt::format("{}x{}+{}+{} of the picture{}", window_.width, window_.height, window_.left, window_.top,
                     is_smaller ? fmt::format(", as {}x{} pixels", shape_.width, shape_.height) : "");
}

std::size_t Excerpt::bytes() const {
  const std::size_t seen = (picture_.channels + 1) * plane(window_);
  return (2 * seen + values_.size() + weights_.size()) * sizeof(float);
}

}  // namespace dipper
