// SPDX-License-Identifier: Apache-2.0
#include "image/limits.hpp"

#include <fmt/format.h>

#include <limits>

#include "dipper/error.hpp"

namespace dipper {
namespace {

bool pixels_fit(std::int64_t width, std::int64_t height) {
  constexpr std::int64_t side = std::numeric_limits<int>::max();
  return width >= 1 && height >= 1 && width <= side && height <= side && width <= most_pixels / height;
}

}  // namespace

bool size_fits(std::int64_t width, std::int64_t height, std::int64_t channels) {
  return pixels_fit(width, height) && channels >= 1 && channels <= 4;
}

void check_size(std::int64_t width, std::int64_t height, std::int64_t channels) {
  if (!pixels_fit(width, height)) {
    throw Error(fmt::format("has {} x {} pixels; dipper takes pictures of 1 to {} million pixels", width, height,
                            most_pixels / 1'000'000));
  }
  if (channels < 1 || channels > 4) throw Error(fmt::format("has {} channels; dipper takes 1 to 4", channels));
}

}  // namespace dipper
