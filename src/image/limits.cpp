// SPDX-License-Identifier: Apache-2.0
#include "image/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/memory.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

bool pixels_fit(std::int64_t width, std::int64_t height, std::int64_t most) {
  constexpr std::int64_t side = std::numeric_limits<int>::max();
  return width >= 1 && height >= 1 && width <= side && height <= side && width <= most / height;
}

std::string words(std::int64_t pixels) {
  constexpr std::int64_t million = 1'000'000;
  return pixels % million == 0 ? fmt::format("{} million", pixels / million) : fmt::format("{}", pixels);
}

}  // namespace

bool size_fits(std::int64_t width, std::int64_t height, std::int64_t channels) {
  return pixels_fit(width, height, most_pixels) && channels >= 1 && channels <= 4;
}

void check_size(std::int64_t width, std::int64_t height, std::int64_t channels, const ReadLimits& limits) {
  // To ask takes longer than to decode a small picture.
  constexpr std::int64_t small = 1'000'000;
  const bool ask = limits.pixels == 0 && !pixels_fit(width, height, small);
  check_size(width, height, channels, limits, ask ? free_bytes() : std::numeric_limits<std::size_t>::max());
}

void check_size(std::int64_t width, std::int64_t height, std::int64_t channels, const ReadLimits& limits,
                std::size_t free) {
  if (width < 1 || height < 1) throw Error(fmt::format("has {} x {} pixels; a picture has one or more", width, height));
  const std::int64_t most = std::min(limits.pixels == 0 ? usual_most_pixels : limits.pixels, most_pixels);
  if (!pixels_fit(width, height, most)) {
    throw Error(fmt::format("has {} x {} pixels; dipper reads {} at most, or up to {} with --max-pixels", width, height,
                            words(most), words(most_pixels)));
  }
  if (channels < 1 || channels > 4) throw Error(fmt::format("has {} channels; dipper takes 1 to 4", channels));
  if (limits.pixels != 0) return;
  const std::size_t room = free / static_cast<std::size_t>(bytes_a_sample * channels);
  if (static_cast<std::size_t>(width * height) > room) {
    throw Error(
        fmt::format("has {} x {} pixels but the memory that is free has room for about {} million; "
                    "--max-pixels {}M reads it all the same",
                    width, height, room / 1'000'000, width * height / 1'000'000 + 1));
  }
}

}  // namespace dipper
