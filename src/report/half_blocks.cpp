// SPDX-License-Identifier: Apache-2.0
#include "report/half_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace dipper {
namespace {

using Pixel = const std::uint8_t*;

int squared_distance(Pixel pixel, const std::array<int, 3>& colour) {
  int sum = 0;
  for (std::size_t c = 0; c < 3; ++c) sum += (pixel[c] - colour[c]) * (pixel[c] - colour[c]);
  return sum;
}

// xterm's colours 16 to 231 are a cube of six levels a side, 232 to 255 are grays between black and white. The first
// sixteen are whatever the user likes, so they are left alone.
int nearest_index(Pixel pixel) {
  constexpr std::array<int, 6> levels = {0, 95, 135, 175, 215, 255};
  constexpr int first_gray = 232;
  constexpr int grays = 24;
  const auto gray_level = [](int gray) { return 8 + 10 * gray; };
  std::array<int, 3> colour{};
  int in_cube = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const auto* const level = std::ranges::min_element(
        levels, {}, [value = int{pixel[c]}](int candidate) { return std::abs(candidate - value); });
    colour[c] = *level;
    in_cube = 6 * in_cube + static_cast<int>(std::distance(levels.begin(), level));
  }
  const int mean = (pixel[0] + pixel[1] + pixel[2]) / 3;
  const int gray = std::clamp((mean - 3) / 10, 0, grays - 1);
  const int level = gray_level(gray);
  return squared_distance(pixel, {level, level, level}) < squared_distance(pixel, colour) ? first_gray + gray
                                                                                          : 16 + in_cube;
}

// What follows 38 (the colour of text) or 48 (that behind it).
std::string colour_code(Pixel pixel, ColourDepth depth) {
  if (depth == ColourDepth::indexed) return fmt::format("5;{}", nearest_index(pixel));
  return fmt::format("2;{};{};{}", pixel[0], pixel[1], pixel[2]);
}

// Colours stay until others are chosen, so only those that change are written.
class Pen {
 public:
  explicit Pen(ColourDepth depth) : depth_(depth) {}

  // `below` is null behind the last row of an odd number: there the terminal's own background stays.
  void block(Pixel above, Pixel below, std::string& text) {
    const std::string upper = colour_code(above, depth_);
    const std::string lower = below != nullptr ? colour_code(below, depth_) : "";
    std::string change;
    if (upper != upper_) change = "38;" + upper;
    if (lower != lower_) change += (change.empty() ? "48;" : ";48;") + lower;
    if (!change.empty()) text += "\x1b[" + change + "m";
    text += "\u2580";
    upper_ = upper;
    lower_ = lower;
  }

 private:
  ColourDepth depth_;
  std::string upper_;
  std::string lower_;
};

}  // namespace

std::string half_blocks(const Canvas& canvas, ColourDepth depth) {
  std::string text;
  const std::size_t row_size = std::size_t{3} * canvas.width;
  for (int row = 0; row < canvas.height; row += 2) {
    const Pixel above = canvas.rgb.data() + row * row_size;
    const Pixel below = row + 1 < canvas.height ? above + row_size : nullptr;
    Pen pen(depth);
    for (std::size_t at = 0; at < row_size; at += 3) {
      pen.block(above + at, below != nullptr ? below + at : nullptr, text);
    }
    text += "\x1b[0m\n";
  }
  return text;
}

}  // namespace dipper
