// SPDX-License-Identifier: Apache-2.0
#include "report/dither.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace dipper {
namespace {

constexpr float spread = 0.75F;  // of the error: all of it looks like grain

// The nearest palette colour, remembered for cells of 4x4x4 colours.
class Lookup {
 public:
  explicit Lookup(std::span<const Colour> palette) : palette_(palette), known_(std::size_t{1} << 18, -1) {}

  std::uint8_t operator()(const std::array<int, 3>& colour) {
    const auto [r, g, b] = colour;
    const int cell = (r / 4 * 64 + g / 4) * 64 + b / 4;
    int& index = known_[static_cast<std::size_t>(cell)];
    if (index < 0) index = search(colour);
    return static_cast<std::uint8_t>(index);
  }

 private:
  [[nodiscard]] int search(const std::array<int, 3>& colour) const {
    const auto distance = [&colour](const Colour& candidate) {
      int sum = 0;
      for (std::size_t c = 0; c < 3; ++c) sum += (colour[c] - candidate[c]) * (colour[c] - candidate[c]);
      return sum;
    };
    const auto best = std::min_element(palette_.begin(), palette_.end(),
                                       [&](const Colour& a, const Colour& b) { return distance(a) < distance(b); });
    return static_cast<int>(best - palette_.begin());
  }

  std::span<const Colour> palette_;
  std::vector<int> known_;
};

}  // namespace

std::vector<std::uint8_t> dither(const Canvas& canvas, const std::vector<bool>& wanted, std::span<const Colour> palette,
                                 std::uint8_t other) {
  Lookup nearest(palette);
  std::vector<std::uint8_t> indices(canvas.pixels(), other);
  const auto width = static_cast<std::size_t>(canvas.width);
  // Errors carried into this row and the next, with a pixel to spare on both sides.
  std::vector<std::array<float, 3>> here(width + 2);
  std::vector<std::array<float, 3>> below(width + 2);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::size_t x = i % width + 1;
    if (x == 1) {
      here.swap(below);
      std::fill(below.begin(), below.end(), std::array<float, 3>{});
    }
    if (!wanted[i]) continue;
    std::array<int, 3> colour{};
    for (std::size_t c = 0; c < 3; ++c) {
      const float wish = static_cast<float>(canvas.rgb[3 * i + c]) + here[x][c];
      colour[c] = static_cast<int>(std::lround(std::clamp(wish, 0.0F, 255.0F)));
    }
    indices[i] = nearest(colour);
    for (std::size_t c = 0; c < 3; ++c) {
      const float error = spread * static_cast<float>(colour[c] - palette[indices[i]][c]);
      here[x + 1][c] += error * 7 / 16;
      below[x - 1][c] += error * 3 / 16;
      below[x][c] += error * 5 / 16;
      below[x + 1][c] += error * 1 / 16;
    }
  }
  return indices;
}

}  // namespace dipper
