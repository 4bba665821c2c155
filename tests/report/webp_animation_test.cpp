// SPDX-License-Identifier: Apache-2.0
#include "report/webp_animation.hpp"

#include <gtest/gtest.h>
#include <webp/demux.h>

#include "dipper/error.hpp"
#include "report/canvases.hpp"

namespace dipper {
namespace {

using test::ramp_canvas;

TEST(WebpAnimation, DecodesWithEveryFrameAndItsTime) {
  const auto webp = webp_animation(40, 24);
  for (int time = 0; time < 4; ++time) webp->add(ramp_canvas(40, 24, time), time == 3 ? 2000 : 80);
  const std::vector<std::byte> file = webp->finish();

  const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(WebPAnimDecoderNew(&data, nullptr),
                                                                                   &WebPAnimDecoderDelete);
  ASSERT_NE(decoder, nullptr);
  WebPAnimInfo info;
  ASSERT_TRUE(WebPAnimDecoderGetInfo(decoder.get(), &info));
  EXPECT_EQ(info.canvas_width, 40U);
  EXPECT_EQ(info.canvas_height, 24U);
  EXPECT_EQ(info.loop_count, 0U);
  EXPECT_EQ(info.frame_count, 4U);
  for (int time = 0; time < 4; ++time) {
    std::uint8_t* rgba = nullptr;
    int ends = 0;
    ASSERT_TRUE(WebPAnimDecoderGetNext(decoder.get(), &rgba, &ends));
    EXPECT_EQ(ends, time == 3 ? 2240 : 80 * (time + 1));
    std::vector<std::uint8_t> rgb;
    for (std::size_t i = 0; i < std::size_t{40} * 24; ++i) rgb.insert(rgb.end(), rgba + 4 * i, rgba + 4 * i + 3);
    EXPECT_LT(test::squared_error(rgb, ramp_canvas(40, 24, time).rgb), 150) << "frame " << time;
  }
}

TEST(WebpAnimation, SizesThatTheFormatCannotHoldAreRefused) {
  EXPECT_THROW((void)webp_animation(20000, 1), Error);
}

}  // namespace
}  // namespace dipper
