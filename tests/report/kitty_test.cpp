// SPDX-License-Identifier: Apache-2.0
#include "report/kitty.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "base/base64.hpp"
#include "image/codec.hpp"
#include "image/samples.hpp"
#include "report/canvases.hpp"

namespace dipper {
namespace {

struct Sequence {
  std::string keys;
  std::string data;
};

// The text as sequences of the protocol; everything else is a failure.
std::vector<Sequence> sequences(std::string_view text) {
  std::vector<Sequence> all;
  while (!text.empty()) {
    const std::size_t semicolon = text.find(';');
    const std::size_t end = text.find("\x1b\\");
    EXPECT_TRUE(text.starts_with("\x1b_G"));
    if (end == std::string_view::npos || semicolon > end) {
      ADD_FAILURE() << "no sequence with data";
      break;
    }
    all.push_back(
        {std::string(text.substr(3, semicolon - 3)), std::string(text.substr(semicolon + 1, end - semicolon - 1))});
    text.remove_prefix(end + 2);
  }
  return all;
}

Bytes bytes_of(const std::string& text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    bits = bits << 6U | static_cast<unsigned>(letters.find(letter));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> static_cast<unsigned>(count) & 0xffU));
  }
  return bytes;
}

// A picture that PNG cannot make small.
Canvas noise(int width, int height) {
  Canvas canvas{width, height, {}};
  unsigned state = 1;
  for (std::size_t i = 0; i < 3 * canvas.pixels(); ++i) {
    state = state * 1664525U + 1013904223U;
    canvas.rgb.push_back(static_cast<std::uint8_t>(state >> 24U));
  }
  return canvas;
}

TEST(Kitty, ChunksAreAPng) {
  const Canvas canvas = noise(70, 50);
  const std::vector<Sequence> parts = sequences(kitty_picture(canvas, 77));
  ASSERT_GT(parts.size(), 2U);
  EXPECT_EQ(parts.front().keys, "a=T,f=100,i=77,C=1,q=2,m=1");
  EXPECT_EQ(parts[1].keys, "m=1");
  EXPECT_EQ(parts.back().keys, "m=0");
  std::string data;
  for (const Sequence& part : parts) {
    EXPECT_LE(part.data.size(), 4096U);
    EXPECT_EQ(part.data.size() % 4, 0U);
    data += part.data;
  }
  const Bytes png = bytes_of(data);
  ASSERT_TRUE(is_png(png));
  const Image image = decode_png(png);
  EXPECT_EQ(image.width, 70);
  EXPECT_EQ(to_eight_bit(image), canvas.rgb);
}

TEST(Kitty, ASmallPictureIsOneChunk) {
  const std::vector<Sequence> parts = sequences(kitty_picture(test::ramp_canvas(1, 1), 5));
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts.front().keys, "a=T,f=100,i=5,C=1,q=2,m=0");
}

TEST(Kitty, APictureIsTakenAwayByItsName) {
  EXPECT_EQ(kitty_removal(5), "\x1b_Ga=d,d=I,i=5,q=2\x1b\\");
}

}  // namespace
}  // namespace dipper
