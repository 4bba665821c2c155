// SPDX-License-Identifier: Apache-2.0
#include "report/half_blocks.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <vector>

#include "report/dither.hpp"
#include "report/palette.hpp"

namespace dipper {
namespace {

// xterm's colours from 16 on: a cube of six levels a side, and grays between black and white. The first sixteen are
// whatever the user likes, so they are left alone.
constexpr int first_index = 16;

std::vector<Colour> indexed_colours() {
  constexpr std::array<std::uint8_t, 6> levels = {0, 95, 135, 175, 215, 255};
  std::vector<Colour> colours;
  for (const std::uint8_t red : levels) {
    for (const std::uint8_t green : levels) {
      for (const std::uint8_t blue : levels) colours.push_back({red, green, blue});
    }
  }
  for (int gray = 8; gray < 248; gray += 10) {
    const auto level = static_cast<std::uint8_t>(gray);
    colours.push_back({level, level, level});
  }
  return colours;
}

// For each pixel, what follows 38 (the colour of text) or 48 (that behind it) in the sequence that chooses its colour.
std::vector<std::string> colour_codes(const Canvas& canvas, ColourDepth depth) {
  std::vector<std::string> codes;
  codes.reserve(canvas.pixels());
  if (depth == ColourDepth::indexed) {
    const std::vector<Colour> colours = indexed_colours();
    for (const int index : dither(canvas, std::vector<bool>(canvas.pixels(), true), colours, 0)) {
      codes.push_back(fmt::format("5;{}", first_index + index));
    }
  } else {
    for (std::size_t at = 0; at < canvas.rgb.size(); at += 3) {
      codes.push_back(fmt::format("2;{};{};{}", canvas.rgb[at], canvas.rgb[at + 1], canvas.rgb[at + 2]));
    }
  }
  return codes;
}

}  // namespace

std::string half_blocks(const Canvas& canvas, ColourDepth depth) {
  const std::vector<std::string> codes = colour_codes(canvas, depth);
  const auto width = static_cast<std::size_t>(canvas.width);
  std::string text;
  for (std::size_t row = 0; row < codes.size(); row += 2 * width) {
    // Colours stay until others are chosen, so only those that change are written.
    std::string upper;
    std::string lower;
    for (std::size_t at = row; at < row + width; ++at) {
      std::string change;
      if (codes[at] != upper) change = "38;" + codes[at];
      upper = codes[at];
      // Below the last row of an odd number the terminal's own background stays.
      if (at + width < codes.size()) {
        if (codes[at + width] != lower) change += (change.empty() ? "48;" : ";48;") + codes[at + width];
        lower = codes[at + width];
      }
      if (!change.empty()) text += "\x1b[" + change + "m";
      text += "\u2580";
    }
    text += "\x1b[0m\n";
  }
  return text;
}

}  // namespace dipper
