// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <cstring>

#include "dipper/error.hpp"
#include "image/io.hpp"
#include "image/samples.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

Bytes taken(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  return {bytes.begin(), bytes.end()};
}

TEST(WebP, GrayComesBackAsRgb) {
  const Image gray = test::pattern(17, 3, 1);
  const Image back = decode_image(encode_webp(gray));
  ASSERT_EQ(back.channels, 3);
  for (int c = 0; c < 3; ++c) EXPECT_TRUE(std::ranges::equal(back.plane(c), gray.plane(0)));

  const Image gray_alpha = test::pattern(17, 3, 2);
  const Image four = decode_image(encode_webp(gray_alpha));
  ASSERT_EQ(four.channels, 4);
  for (int c = 0; c < 3; ++c) EXPECT_TRUE(std::ranges::equal(four.plane(c), gray_alpha.plane(0)));
  EXPECT_TRUE(std::ranges::equal(four.plane(3), gray_alpha.plane(1)));
}

TEST(WebP, ColoursUnderFullTransparencyAreKept) {
  Image image = test::pattern(17, 13, 4);
  for (std::size_t i = 0; i < image.plane_size(); i += 3) image.plane(3)[i] = 0;
  test::expect_same_pixels(decode_image(encode_webp(image)), image);
}

TEST(WebP, ReadsLossyFiles) {
  for (const bool alpha : {false, true}) {
    const Image image = test::ramp(64, 48, alpha ? 4 : 3);
    const std::vector<std::uint8_t> pixels = to_eight_bit(image);
    std::uint8_t* data = nullptr;
    const std::size_t size = alpha ? WebPEncodeRGBA(pixels.data(), 64, 48, 64 * 4, 95, &data)
                                   : WebPEncodeRGB(pixels.data(), 64, 48, 64 * 3, 95, &data);
    const Bytes file = taken(data, size);
    WebPFree(data);
    const Image back = decode_image(file);
    ASSERT_EQ(back.channels, alpha ? 4 : 3);
    EXPECT_LT(test::largest_difference(back, image), 0.06);
    test::expect_error_when_cut(file);
    test::expect_survives_damage(file);
  }
}

TEST(WebP, AnAnimationIsRefused) {
  WebPAnimEncoderOptions options;
  ASSERT_TRUE(WebPAnimEncoderOptionsInit(&options));
  WebPAnimEncoder* encoder = WebPAnimEncoderNew(8, 8, &options);
  WebPConfig config;
  ASSERT_TRUE(WebPConfigInit(&config));
  for (int frame = 0; frame < 2; ++frame) {
    WebPPicture picture;
    ASSERT_TRUE(WebPPictureInit(&picture));
    picture.use_argb = 1;
    picture.width = picture.height = 8;
    const std::vector<std::uint8_t> pixels(std::size_t{64} * 3, static_cast<std::uint8_t>(frame * 200));
    ASSERT_TRUE(WebPPictureImportRGB(&picture, pixels.data(), 24));
    ASSERT_TRUE(WebPAnimEncoderAdd(encoder, &picture, frame * 100, &config));
    WebPPictureFree(&picture);
  }
  ASSERT_TRUE(WebPAnimEncoderAdd(encoder, nullptr, 200, nullptr));
  WebPData data{};
  ASSERT_TRUE(WebPAnimEncoderAssemble(encoder, &data));
  const Bytes file = taken(data.bytes, data.size);
  WebPDataClear(&data);
  WebPAnimEncoderDelete(encoder);
  EXPECT_NE(test::decode_error(file).find("is an animated WebP"), std::string::npos);
}

TEST(WebP, BytesBehindTheFileAreIgnoredAndMissingOnesAreNot) {
  const Image image = test::pattern(9, 9, 3);
  Bytes file = encode_webp(image);
  file.push_back(std::byte{0});
  test::expect_same_pixels(decode_image(file), image);
  file.resize(file.size() - 2);
  EXPECT_EQ(test::decode_error(file), "is truncated");
}

TEST(WebP, SixteenBitsAreRounded) {
  const Image image = test::pattern(9, 9, 3, SampleType::u16);
  const Image back = decode_image(encode_webp(image));
  EXPECT_EQ(back.sample, SampleType::u8);
  EXPECT_LE(test::largest_difference(back, image), 0.501 / 255);
}

TEST(WebP, TooLargeIsAnError) {
  try {
    static_cast<void>(encode_webp(Image(16384, 1, 3)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "WebP holds at most 16383 pixels a side; name a .png instead");
  }
  EXPECT_EQ(decode_image(encode_webp(Image(16383, 1, 3))).width, 16383);
}

}  // namespace
}  // namespace dipper
