// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>  // needs <cstdio>

#include "image/io.hpp"
#include "image/samples.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

struct Options {
  J_COLOR_SPACE from = JCS_RGB;  // what the rows hold
  J_COLOR_SPACE stored = JCS_YCbCr;
  bool progressive = false;
  bool adobe = true;
  Bytes icc{};
};

// A JPEG of any kind from interleaved rows.
Bytes make_jpeg(int width, int height, std::vector<std::uint8_t> pixels, const Options& options) {
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* memory = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  jpeg_mem_dest(&codec, &memory, &size);
  codec.image_width = static_cast<JDIMENSION>(width);
  codec.image_height = static_cast<JDIMENSION>(height);
  codec.input_components = static_cast<int>(pixels.size()) / (width * height);
  codec.in_color_space = options.from;
  jpeg_set_defaults(&codec);
  jpeg_set_colorspace(&codec, options.stored);
  jpeg_set_quality(&codec, 100, TRUE);
  if (options.progressive) jpeg_simple_progression(&codec);
  if (!options.adobe) codec.write_Adobe_marker = FALSE;
  jpeg_start_compress(&codec, TRUE);
  if (!options.icc.empty()) {
    jpeg_write_icc_profile(&codec, reinterpret_cast<const JOCTET*>(options.icc.data()),
                           static_cast<unsigned>(options.icc.size()));
  }
  for (int y = 0; y < height; ++y) {
    JSAMPROW row = pixels.data() + static_cast<std::size_t>(y) * pixels.size() / static_cast<std::size_t>(height);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  const auto bytes = std::as_bytes(std::span(memory, size));
  Bytes file(bytes.begin(), bytes.end());
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
  return file;
}

std::vector<std::uint8_t> solid(int pixels, const std::vector<std::uint8_t>& colour) {
  std::vector<std::uint8_t> all;
  for (int i = 0; i < pixels; ++i) all.insert(all.end(), colour.begin(), colour.end());
  return all;
}

void expect_solid(const Image& image, const std::array<int, 3>& colour, int tolerance) {
  ASSERT_EQ(image.channels, 3);
  EXPECT_EQ(image.sample, SampleType::u8);
  for (int c = 0; c < 3; ++c) {
    for (const float v : image.plane(c)) {
      ASSERT_NEAR(v * 255, colour[static_cast<std::size_t>(c)], tolerance + .01) << "channel " << c;
    }
  }
}

TEST(Jpeg, ComesBackClose) {
  for (const int channels : {1, 3}) {
    for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1, 1}, {17, 3}, {451, 300}}) {
      const Image image = test::ramp(width, height, channels);
      const Image back = decode_image(encode_jpeg(image));
      ASSERT_EQ(back.channels, channels);
      EXPECT_EQ(back.sample, SampleType::u8);
      EXPECT_LT(test::largest_difference(back, image), 6.0 / 255) << width << " x " << height;
    }
  }
}

TEST(Jpeg, ColourIsNotSubsampled) {
  // One-pixel stripes of red and blue survive only with chroma at full resolution.
  Image image(16, 16, 3);
  for (std::size_t i = 0; i < image.plane_size(); ++i) image.plane(i % 2 == 0 ? 0 : 2)[i] = 1;
  EXPECT_LT(test::largest_difference(decode_image(encode_jpeg(image)), image), 0.1);
}

TEST(Jpeg, ColourIsHalvedWhenAsked) {
  Image image(16, 16, 3);
  for (std::size_t i = 0; i < image.plane_size(); ++i) image.plane(i % 2 == 0 ? 0 : 2)[i] = 1;
  const Image back = decode_image(encode_jpeg(image, {.quality = 100, .halve_chroma = true}));
  // Each pixel keeps its own luma but has the colour of its neighbours too.
  EXPECT_GT(back.plane(0)[0], back.plane(0)[1]);
  EXPECT_GT(back.plane(2)[0], 0.2F);
  const Image gray = test::ramp(17, 9, 1);
  const Bytes halved = encode_jpeg(gray, {.quality = 95, .halve_chroma = true});
  EXPECT_EQ(halved, encode_jpeg(gray));
}

TEST(Jpeg, LowerQualityMakesASmallerAndWorseFile) {
  const Image image = test::pattern(64, 48, 3);
  const Bytes fine = encode_jpeg(image, {.quality = 90});
  const Bytes coarse = encode_jpeg(image, {.quality = 10});
  EXPECT_LT(coarse.size(), fine.size());
  EXPECT_GT(test::largest_difference(decode_image(coarse), image), test::largest_difference(decode_image(fine), image));
}

TEST(Jpeg, ReadsProgressiveAndRgbAndGray) {
  const Image image = test::ramp(33, 21, 3);
  const std::vector<std::uint8_t> pixels = to_eight_bit(image);
  EXPECT_LT(test::largest_difference(decode_image(make_jpeg(33, 21, pixels, {.progressive = true})), image), 0.03);
  EXPECT_LT(test::largest_difference(decode_image(make_jpeg(33, 21, pixels, {.stored = JCS_RGB})), image), 0.01);
  const Image gray = decode_image(make_jpeg(4, 4, solid(16, {90}), {.from = JCS_GRAYSCALE, .stored = JCS_GRAYSCALE}));
  EXPECT_EQ(gray.channels, 1);
  EXPECT_NEAR(gray.samples[7], 90.0F / 255, 0.005);
}

TEST(Jpeg, CmykBecomesRgb) {
  // Adobe's files store 255 - ink: no cyan, half magenta, full yellow, little black.
  const std::vector<std::uint8_t> pixels = solid(64, {255, 128, 0, 204});
  const std::array<int, 3> expected{204, 102, 0};
  expect_solid(decode_image(make_jpeg(8, 8, pixels, {.from = JCS_CMYK, .stored = JCS_CMYK})), expected, 2);
  expect_solid(decode_image(make_jpeg(8, 8, pixels, {.from = JCS_CMYK, .stored = JCS_YCCK})), expected, 3);
  // Without Adobe's marker 255 is full ink.
  const std::vector<std::uint8_t> inks = solid(64, {0, 127, 255, 51});
  expect_solid(decode_image(make_jpeg(8, 8, inks, {.from = JCS_CMYK, .stored = JCS_CMYK, .adobe = false})), expected,
               2);
}

TEST(Jpeg, CmykGoesThroughItsProfile) {
  const Bytes file = make_jpeg(8, 8, solid(64, {255, 128, 0, 255}),
                               {.from = JCS_CMYK, .stored = JCS_CMYK, .icc = test::cmyk_profile()});
  const Image image = decode_image(file);
  expect_solid(image, {255, 255, 255}, 2);  // in this profile only black ink shows
  EXPECT_TRUE(image.icc.empty());
}

TEST(Jpeg, ALargeProfileIsKept) {
  Image image = test::ramp(8, 8, 3);
  image.icc = test::rgb_profile();
  image.icc.resize(150'000, std::byte{1});  // three segments
  EXPECT_EQ(decode_image(encode_jpeg(image)).icc, image.icc);
}

TEST(Jpeg, WhatItCannotHoldIsAnError) {
  for (const int channels : {2, 4}) {
    try {
      static_cast<void>(encode_jpeg(test::pattern(2, 2, channels)));
      FAIL();
    } catch (const std::exception& error) {
      EXPECT_STREQ(error.what(), "JPEG holds no transparency; name a .png instead");
    }
  }
  EXPECT_ANY_THROW(static_cast<void>(encode_jpeg(Image(65501, 1, 1))));
}

TEST(Jpeg, SixteenBitsAndFloatsAreRounded) {
  for (const SampleType sample : {SampleType::u16, SampleType::f32}) {
    Image image = test::ramp(20, 20, 3);
    image.sample = sample;
    image.samples[0] = 1.5F;
    EXPECT_EQ(decode_image(encode_jpeg(image)).sample, SampleType::u8);
  }
}

TEST(Jpeg, MissingDataAreAnError) {
  const Image image = test::pattern(64, 48, 3);
  for (const Bytes& whole : {encode_jpeg(image), make_jpeg(64, 48, to_eight_bit(image), {.progressive = true})}) {
    for (const std::size_t part : {std::size_t{3}, std::size_t{2}}) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * (part - 1) / part));
      EXPECT_EQ(test::decode_error(cut), "is truncated");
    }
  }
}

TEST(Jpeg, HasOnlySoManyScans) {
  Bytes file = make_jpeg(16, 16, solid(256, {10, 20, 30}), {.progressive = true});
  const auto text = [&] { return std::string_view(reinterpret_cast<const char*>(file.data()), file.size()); };
  const std::size_t last = text().rfind("\xFF\xDA");
  const Bytes scan(file.begin() + static_cast<std::ptrdiff_t>(last), file.end() - 2);
  for (int i = 0; i < 50; ++i) file.insert(file.end() - 2, scan.begin(), scan.end());
  EXPECT_EQ(test::decode_error(file), "");
  for (int i = 0; i < 50; ++i) file.insert(file.end() - 2, scan.begin(), scan.end());
  EXPECT_EQ(test::decode_error(file), "has more than 100 scans, which no picture needs");
}

}  // namespace
}  // namespace dipper
