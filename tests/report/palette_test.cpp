// SPDX-License-Identifier: Apache-2.0
#include "report/palette.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "report/canvases.hpp"

namespace dipper {
namespace {

double error_of(const std::vector<std::uint8_t>& rgb, const std::vector<Colour>& palette) {
  double sum = 0;
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    int least = 1 << 20;
    for (const Colour& colour : palette) {
      int distance = 0;
      for (std::size_t c = 0; c < 3; ++c) distance += (rgb[i + c] - colour[c]) * (rgb[i + c] - colour[c]);
      least = std::min(least, distance);
    }
    sum += least;
  }
  return sum / static_cast<double>(rgb.size());
}

TEST(Palette, FewColoursAreKeptExactly) {
  const std::vector<Colour> colours = {{0, 0, 0}, {255, 255, 255}, {200, 30, 40}, {10, 90, 250}};
  std::vector<std::uint8_t> rgb;
  for (std::size_t i = 0; i < 100; ++i) rgb.insert(rgb.end(), colours[i % 4].begin(), colours[i % 4].end());
  const std::vector<Colour> palette = make_palette(rgb, 16);
  EXPECT_EQ(std::set<Colour>(palette.begin(), palette.end()), std::set<Colour>(colours.begin(), colours.end()));
}

TEST(Palette, OneColourIsTheMean) {
  EXPECT_EQ(make_palette(std::vector<std::uint8_t>{0, 10, 100, 100, 20, 200}, 1), (std::vector<Colour>{{50, 15, 150}}));
}

TEST(Palette, MoreColoursAreCloser) {
  const std::vector<std::uint8_t> rgb = test::ramp_canvas(80, 80).rgb;
  double before = 1e9;
  for (const int count : {2, 4, 16, 64, 256}) {
    const std::vector<Colour> palette = make_palette(rgb, count);
    EXPECT_LE(palette.size(), static_cast<std::size_t>(count));
    const double error = error_of(rgb, palette);
    EXPECT_LT(error, 0.6 * before) << count;
    before = error;
  }
  EXPECT_LT(before, 25);
}

}  // namespace
}  // namespace dipper
