// SPDX-License-Identifier: Apache-2.0
#include "report/half_blocks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "report/canvases.hpp"

namespace dipper {
namespace {

TEST(HalfBlocks, TwoRowsOfPixelsAreALineOfText) {
  const Canvas canvas{2, 2, {255, 0, 0, 0, 255, 0, 1, 2, 3, 250, 251, 252}};
  EXPECT_EQ(half_blocks(canvas, ColourDepth::full),
            "\x1b[38;2;255;0;0;48;2;1;2;3m\u2580\x1b[38;2;0;255;0;48;2;250;251;252m\u2580\x1b[0m\n");
}

TEST(HalfBlocks, OnlyColoursThatChangeAreWritten) {
  const Canvas canvas{3, 2, {9, 9, 9, 9, 9, 9, 8, 8, 8, 7, 7, 7, 7, 7, 7, 7, 7, 7}};
  EXPECT_EQ(half_blocks(canvas, ColourDepth::full),
            "\x1b[38;2;9;9;9;48;2;7;7;7m\u2580\u2580\x1b[38;2;8;8;8m\u2580\x1b[0m\n");
}

TEST(HalfBlocks, BelowTheLastOfAnOddNumberOfRowsTheTerminalShows) {
  const Canvas canvas{1, 3, {10, 20, 30, 40, 50, 60, 70, 80, 90}};
  EXPECT_EQ(half_blocks(canvas, ColourDepth::full),
            "\x1b[38;2;10;20;30;48;2;40;50;60m\u2580\x1b[0m\n\x1b[38;2;70;80;90m\u2580\x1b[0m\n");
}

// The index that a pixel of this colour gets.
std::string index_of(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  const std::string text = half_blocks({1, 1, {red, green, blue}}, ColourDepth::indexed);
  return text.substr(7, text.find('m') - 7);  // behind "\x1b[38;5;"
}

TEST(HalfBlocks, TakeTheNearestOf256Colours) {
  EXPECT_EQ(half_blocks({1, 1, {255, 0, 0}}, ColourDepth::indexed), "\x1b[38;5;196m\u2580\x1b[0m\n");
  EXPECT_EQ(index_of(0, 0, 0), "16");
  EXPECT_EQ(index_of(255, 255, 255), "231");
  EXPECT_EQ(index_of(90, 140, 220), "68");    // 16 + 36 * 1 + 6 * 2 + 4
  EXPECT_EQ(index_of(128, 128, 128), "244");  // 8 + 10 * 12
  EXPECT_EQ(index_of(8, 9, 12), "232");
  EXPECT_EQ(index_of(238, 238, 237), "255");
}

TEST(HalfBlocks, FillTheirLines) {
  const std::string text = half_blocks(test::ramp_canvas(40, 21), ColourDepth::indexed);
  EXPECT_EQ(std::ranges::count(text, '\n'), 11);
  EXPECT_EQ(std::ranges::count(text, '\x80'), 40 * 11);  // the last byte of U+2580
}

}  // namespace
}  // namespace dipper
