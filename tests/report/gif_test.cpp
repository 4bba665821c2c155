// SPDX-License-Identifier: Apache-2.0
#include "report/gif.hpp"

#include <gif_lib.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/philox.hpp"
#include "report/canvases.hpp"

namespace dipper {
namespace {

using test::ramp_canvas;
using test::squared_error;

struct DecodedFrame {
  std::vector<std::uint8_t> rgb;  // as a viewer shows it, earlier frames below
  int milliseconds = 0;
};

struct DecodedGif {
  int width = 0;
  int height = 0;
  bool for_ever = false;
  std::vector<DecodedFrame> frames;
};

struct Reader {
  const std::vector<std::byte>& file;
  std::size_t at = 0;
};

int read(GifFileType* gif, GifByteType* to, int count) {
  auto& reader = *static_cast<Reader*>(gif->UserData);
  const std::size_t size = std::min(static_cast<std::size_t>(count), reader.file.size() - reader.at);
  std::memcpy(to, reader.file.data() + reader.at, size);
  reader.at += size;
  return static_cast<int>(size);
}

bool is_netscape_loop(const SavedImage& image) {
  for (int i = 0; i + 1 < image.ExtensionBlockCount; ++i) {
    const ExtensionBlock& name = image.ExtensionBlocks[i];
    const ExtensionBlock& data = image.ExtensionBlocks[i + 1];
    if (name.Function != APPLICATION_EXT_FUNC_CODE || name.ByteCount != 11) continue;
    if (std::memcmp(name.Bytes, "NETSCAPE2.0", 11) != 0) continue;
    return data.ByteCount == 3 && data.Bytes[0] == 1 && data.Bytes[1] == 0 && data.Bytes[2] == 0;
  }
  return false;
}

DecodedGif decode(const std::vector<std::byte>& file) {
  Reader reader{file};
  int error = 0;
  GifFileType* gif = DGifOpen(&reader, read, &error);
  EXPECT_NE(gif, nullptr) << GifErrorString(error);
  DecodedGif out;
  if (gif == nullptr) return out;
  EXPECT_EQ(DGifSlurp(gif), GIF_OK);
  out.width = gif->SWidth;
  out.height = gif->SHeight;
  out.for_ever = gif->ImageCount > 0 && is_netscape_loop(gif->SavedImages[0]);
  std::vector<std::uint8_t> shown(static_cast<std::size_t>(3 * out.width * out.height));
  for (int k = 0; k < gif->ImageCount; ++k) {
    GraphicsControlBlock control{};
    EXPECT_EQ(DGifSavedExtensionToGCB(gif, k, &control), GIF_OK);
    const SavedImage& image = gif->SavedImages[k];
    for (std::size_t i = 0; i < shown.size() / 3; ++i) {
      if (image.RasterBits[i] == control.TransparentColor) continue;
      const GifColorType& colour = image.ImageDesc.ColorMap->Colors[image.RasterBits[i]];
      shown[3 * i] = colour.Red;
      shown[3 * i + 1] = colour.Green;
      shown[3 * i + 2] = colour.Blue;
    }
    out.frames.push_back({shown, 10 * control.DelayTime});
  }
  DGifCloseFile(gif, &error);
  return out;
}

TEST(Gif, DecodesWithEveryFrameAndItsTime) {
  const auto gif = gif_animation(31, 17);
  for (int time = 0; time < 5; ++time) gif->add(ramp_canvas(31, 17, time), 80);
  gif->add(ramp_canvas(31, 17, 5), 2000);
  const DecodedGif decoded = decode(gif->finish());
  EXPECT_EQ(decoded.width, 31);
  EXPECT_EQ(decoded.height, 17);
  EXPECT_TRUE(decoded.for_ever);
  ASSERT_EQ(decoded.frames.size(), 6U);
  for (int time = 0; time < 6; ++time) {
    const DecodedFrame& frame = decoded.frames[static_cast<std::size_t>(time)];
    EXPECT_EQ(frame.milliseconds, time == 5 ? 2000 : 80);
    EXPECT_LT(squared_error(frame.rgb, ramp_canvas(31, 17, time).rgb), 120) << "frame " << time;
  }
}

TEST(Gif, AFrameThatStaysIsFaithful) {
  const auto gif = gif_animation(64, 64);
  gif->add(ramp_canvas(64, 64, 0), 80);
  gif->add(ramp_canvas(64, 64, 9), 2000);
  const DecodedGif decoded = decode(gif->finish());
  ASSERT_EQ(decoded.frames.size(), 2U);
  EXPECT_LT(squared_error(decoded.frames[1].rgb, ramp_canvas(64, 64, 9).rgb), 65);  // 30 dB
}

TEST(Gif, AFrameThatChangesNothingCostsNextToNothing) {
  const auto once = gif_animation(64, 64);
  once->add(ramp_canvas(64, 64), 80);
  const auto thrice = gif_animation(64, 64);
  Canvas canvas = ramp_canvas(64, 64);
  for (int i = 0; i < 3; ++i) thrice->add(canvas, 80);
  const std::vector<std::byte> one = once->finish();
  const std::vector<std::byte> three = thrice->finish();
  EXPECT_LT(three.size(), one.size() * 2);
  EXPECT_EQ(decode(three).frames.size(), 3U);
}

// 15,400 bytes a frame and 320,000 to begin with: less than 2 MB for a hundred frames.
TEST(Gif, NoiseStaysWithinItsBudget) {
  const auto gif = gif_animation(200, 200);
  Canvas canvas = ramp_canvas(200, 200);
  const Philox random{1, Stream::input};
  for (std::uint64_t k = 0; k < 20; ++k) {
    for (std::size_t i = 0; i < canvas.rgb.size(); i += 4) {
      const auto block = random.block(k, i / 4);
      for (std::size_t j = 0; j < 4; ++j) canvas.rgb[i + j] = static_cast<std::uint8_t>(block[j]);
    }
    gif->add(canvas, 80);
  }
  EXPECT_LT(gif->finish().size(), 650'000U);
}

TEST(Gif, OnePixel) {
  const auto gif = gif_animation(1, 1);
  gif->add({1, 1, {10, 200, 30}}, 80);
  const DecodedGif decoded = decode(gif->finish());
  ASSERT_EQ(decoded.frames.size(), 1U);
  EXPECT_EQ(decoded.frames[0].rgb, (std::vector<std::uint8_t>{10, 200, 30}));
}

TEST(Gif, WithoutFramesNothingLeaks) {
  EXPECT_NE(gif_animation(3, 3), nullptr);
}

}  // namespace
}  // namespace dipper
