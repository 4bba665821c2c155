// SPDX-License-Identifier: Apache-2.0
#include "report/sixel.hpp"

#include <gtest/gtest.h>
#include <sixel.h>

#include <cstdlib>
#include <span>

#include "report/canvases.hpp"

namespace dipper {
namespace {

// As libsixel's own decoder sees it.
Canvas decoded(std::string text) {
  unsigned char* pixels = nullptr;
  unsigned char* palette = nullptr;
  int colours = 0;
  Canvas canvas;
  EXPECT_EQ(sixel_decode_raw(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(text.size()), &pixels,
                             &canvas.width, &canvas.height, &palette, &colours, nullptr),
            SIXEL_OK);
  for (const unsigned char index : std::span(pixels, canvas.pixels())) {
    canvas.rgb.insert(canvas.rgb.end(), palette + 3 * index, palette + 3 * index + 3);
  }
  std::free(pixels);
  std::free(palette);
  return canvas;
}

TEST(Sixel, IsNearThePicture) {
  const Canvas canvas = test::ramp_canvas(96, 60);
  const Canvas seen = decoded(sixel(canvas));
  ASSERT_EQ(seen.width, 96);
  ASSERT_EQ(seen.height, 60);
  EXPECT_LT(test::squared_error(seen.rgb, canvas.rgb), 100);
}

// Its colours are in per cent.
TEST(Sixel, KeepsFewColoursOfALowPicture) {
  const Canvas canvas{2, 2, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}};
  const Canvas seen = decoded(sixel(canvas));
  ASSERT_EQ(seen.width, 2);
  ASSERT_EQ(seen.height, 2);
  for (std::size_t i = 0; i < canvas.rgb.size(); ++i) EXPECT_NEAR(seen.rgb[i], canvas.rgb[i], 3) << i;
}

TEST(Sixel, IsOneSequenceThatSaysItsSize) {
  for (const auto& [width, height] : {std::pair{1, 1}, std::pair{5, 7}, std::pair{200, 3}}) {
    const std::string text = sixel(test::ramp_canvas(width, height));
    EXPECT_TRUE(text.starts_with("\x1bP"));
    EXPECT_TRUE(text.ends_with("\x1b\\"));
    EXPECT_EQ(text.find('\x1b', 1), text.size() - 2);
    EXPECT_NE(text.find("\"1;1;" + std::to_string(width) + ";" + std::to_string(height)), std::string::npos);
  }
}

}  // namespace
}  // namespace dipper
