// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>

#include <cstring>
#include <functional>

#include "image/io.hpp"
#include "image/limits.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

void append(png_structp png, png_bytep from, std::size_t size) {
  auto* bytes = static_cast<Bytes*>(png_get_io_ptr(png));
  const auto more = std::as_bytes(std::span(from, size));
  bytes->insert(bytes->end(), more.begin(), more.end());
}

// A PNG of any kind: `rows` as libpng wants them, `extra` sets further chunks.
Bytes make_png(int width, int height, int depth, int colour_type, std::vector<std::vector<png_byte>> rows,
               int interlace = PNG_INTERLACE_NONE, const std::function<void(png_structp, png_infop)>& extra = {}) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  Bytes bytes;
  png_set_write_fn(png, &bytes, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), depth, colour_type,
               interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (extra) extra(png, info);
  std::vector<png_bytep> pointers;
  pointers.reserve(rows.size());
  for (std::vector<png_byte>& row : rows) pointers.push_back(row.data());
  png_write_info(png, info);
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::vector<std::vector<png_byte>> rows_of(const Image& image) {
  const bool wide = image.sample == SampleType::u16;
  std::vector<std::vector<png_byte>> rows(static_cast<std::size_t>(image.height));
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < image.channels; ++c) {
        const unsigned value = test::pattern_value(x, y, c, wide ? 65535 : 255);
        if (wide) rows[static_cast<std::size_t>(y)].push_back(static_cast<png_byte>(value >> 8U));
        rows[static_cast<std::size_t>(y)].push_back(static_cast<png_byte>(value & 255U));
      }
    }
  }
  return rows;
}

TEST(Png, ReadsInterlacedPicturesOfEveryLayout) {
  constexpr std::array<int, 4> types{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                     PNG_COLOR_TYPE_RGB_ALPHA};
  for (int channels = 1; channels <= 4; ++channels) {
    for (const SampleType sample : {SampleType::u8, SampleType::u16}) {
      for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
        const Image image = test::pattern(17, 13, channels, sample);
        const int depth = sample == SampleType::u8 ? 8 : 16;
        const int type = types[static_cast<std::size_t>(channels - 1)];
        test::expect_same_pixels(decode_image(make_png(17, 13, depth, type, rows_of(image), interlace)), image);
      }
    }
  }
}

TEST(Png, ExpandsOneTwoAndFourBits) {
  // Two rows: the bit pattern 0b00011011 read as samples of 1, 2 or 4 bits.
  for (const auto& [depth, expected] : std::vector<std::pair<int, std::vector<float>>>{
           {1, {0, 0, 0, 1, 1, 0, 1, 1}}, {2, {0, 1.0F / 3, 2.0F / 3, 1}}, {4, {1.0F / 15, 11.0F / 15}}}) {
    const Image image = decode_image(
        make_png(static_cast<int>(expected.size()), 1, depth, PNG_COLOR_TYPE_GRAY, {{std::uint8_t{0b00011011}}}));
    EXPECT_EQ(image.channels, 1);
    EXPECT_EQ(image.sample, SampleType::u8);
    EXPECT_EQ(image.samples, expected) << depth;
  }
}

TEST(Png, ExpandsAPaletteAndItsTransparency) {
  const std::vector<std::vector<png_byte>> rows{{0, 1, 2}, {2, 1, 0}};
  const auto palette = [](png_structp png, png_infop info) {
    const std::array<png_color, 3> colours{{{255, 0, 0}, {0, 51, 0}, {0, 0, 255}}};
    png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
  };
  const Image image = decode_image(make_png(3, 2, 8, PNG_COLOR_TYPE_PALETTE, rows, PNG_INTERLACE_NONE, palette));
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.samples, (std::vector<float>{1, 0, 0, 0, 0, 1, 0, 0.2F, 0, 0, 0.2F, 0, 0, 0, 1, 1, 0, 0}));

  const auto transparent = [&](png_structp png, png_infop info) {
    palette(png, info);
    const std::array<png_byte, 2> alpha{0, 102};
    png_set_tRNS(png, info, alpha.data(), static_cast<int>(alpha.size()), nullptr);
  };
  const Image with_alpha =
      decode_image(make_png(3, 2, 8, PNG_COLOR_TYPE_PALETTE, rows, PNG_INTERLACE_NONE, transparent));
  ASSERT_EQ(with_alpha.channels, 4);
  const auto alpha = with_alpha.plane(3);
  EXPECT_EQ(std::vector<float>(alpha.begin(), alpha.end()), (std::vector<float>{0, 0.4F, 1, 1, 0.4F, 0}));
}

TEST(Png, ATransparentColourBecomesAlpha) {
  const auto gray = [](png_structp png, png_infop info) {
    png_color_16 colour{};
    colour.gray = 7;
    png_set_tRNS(png, info, nullptr, 0, &colour);
  };
  Image image = decode_image(make_png(2, 1, 8, PNG_COLOR_TYPE_GRAY, {{7, 8}}, PNG_INTERLACE_NONE, gray));
  EXPECT_EQ(image.channels, 2);
  EXPECT_EQ(image.samples, (std::vector<float>{7.0F / 255, 8.0F / 255, 0, 1}));

  image = decode_image(make_png(2, 1, 16, PNG_COLOR_TYPE_GRAY, {{0, 7, 7, 0}}, PNG_INTERLACE_NONE, gray));
  EXPECT_EQ(image.sample, SampleType::u16);
  EXPECT_EQ(image.samples, (std::vector<float>{7.0F / 65535, 1792.0F / 65535, 0, 1}));

  const auto rgb = [](png_structp png, png_infop info) {
    png_color_16 colour{};
    colour.red = 1;
    colour.green = 2;
    colour.blue = 3;
    png_set_tRNS(png, info, nullptr, 0, &colour);
  };
  image = decode_image(make_png(2, 1, 8, PNG_COLOR_TYPE_RGB, {{1, 2, 3, 1, 2, 4}}, PNG_INTERLACE_ADAM7, rgb));
  ASSERT_EQ(image.channels, 4);
  EXPECT_EQ(image.plane(3)[0], 0);
  EXPECT_EQ(image.plane(3)[1], 1);
}

TEST(Png, AnExifBlockBehindThePixelsCounts) {
  const Image image = test::pattern(5, 3, 3);
  Image with_exif = image;
  with_exif.exif = test::exif(3);
  const Bytes plain = encode_png(image);
  const Bytes before = encode_png(with_exif);
  // The chunk of the second file (name, length and checksum: 12 bytes) put before the first one's IEND.
  const std::string_view text(reinterpret_cast<const char*>(before.data()), before.size());
  const std::size_t at = text.find("eXIf") - 4;
  const std::size_t size = with_exif.exif.size() + 12;
  Bytes file = plain;
  file.insert(file.end() - 12, before.begin() + static_cast<std::ptrdiff_t>(at),
              before.begin() + static_cast<std::ptrdiff_t>(at + size));
  const Image turned = decode_image(file);
  EXPECT_EQ(turned.exif, test::exif(1));
  EXPECT_EQ(turned.samples.front(), image.plane(0).back());
}

TEST(Png, AHugeHeaderIsRefusedBeforeAnyMemoryIsTaken) {
  Bytes file = encode_png(test::pattern(4, 4, 3));
  const auto set_width = [&](std::uint32_t width) {
    for (std::size_t i = 0; i < 4; ++i) file[16 + i] = static_cast<std::byte>(width >> (24 - 8 * i) & 255U);
    const auto* header = reinterpret_cast<const Bytef*>(file.data() + 12);
    const auto sum = static_cast<std::uint32_t>(crc32(0, header, 17));
    for (std::size_t i = 0; i < 4; ++i) file[29 + i] = static_cast<std::byte>(sum >> (24 - 8 * i) & 255U);
  };
  set_width(0x7fffffff);
  EXPECT_NE(test::decode_error(file).find("2147483647 x 4 pixels"), std::string::npos);
  set_width(200'000'000);  // allowed, but the file is far too small for it
  EXPECT_EQ(test::decode_error(file, {.pixels = usual_most_pixels}), "is truncated");
}

TEST(Png, SaysWhatIsDamaged) {
  Bytes file = encode_png(test::pattern(40, 40, 3));
  file[file.size() / 2] ^= std::byte{0x10};
  const std::string error = test::decode_error(file);
  EXPECT_EQ(error.rfind("cannot be decoded: ", 0), 0U) << error;
  file = encode_png(test::pattern(40, 40, 3));
  file.resize(file.size() / 2);
  EXPECT_EQ(test::decode_error(file), "is truncated");
}

TEST(Png, MadeFastIsTheSamePicture) {
  for (const SampleType sample : {SampleType::u8, SampleType::u16}) {
    const Image image = test::pattern(37, 21, 3, sample);
    test::expect_same_pixels(decode_png(encode_png_fast(image)), image);
  }
}

TEST(Png, FloatsAreWrittenWithSixteenBits) {
  const Image image = test::pattern(9, 7, 3, SampleType::f32);
  const Image back = decode_image(encode_png(image));
  EXPECT_EQ(back.sample, SampleType::u16);
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    EXPECT_NEAR(back.samples[i], std::clamp(image.samples[i], 0.0F, 1.0F), 0.51 / 65535);
  }
}

}  // namespace
}  // namespace dipper
