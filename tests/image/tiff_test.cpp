// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "image/io.hpp"
#include "image/limits.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

constexpr std::array<std::uint16_t, 2> both_planar{PLANARCONFIG_CONTIG, PLANARCONFIG_SEPARATE};
constexpr std::array<std::uint16_t, 3> compressions{COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS};
constexpr std::array<std::uint16_t, 2> photometrics{PHOTOMETRIC_RGB, PHOTOMETRIC_SEPARATED};

struct Options {
  std::uint16_t photometric = PHOTOMETRIC_RGB;
  std::uint16_t planar = PLANARCONFIG_CONTIG;
  std::uint16_t compression = COMPRESSION_NONE;
  std::uint16_t format = SAMPLEFORMAT_UINT;
  std::uint16_t orientation = ORIENTATION_TOPLEFT;
  std::uint32_t tile = 0;  // side; 0: strips
  std::uint32_t rows = 4;  // of a strip
  std::vector<std::uint16_t> extra{};
  const char* mode = "w";
};

struct File {
  Bytes bytes;
  std::uint64_t position = 0;
};

tmsize_t read_bytes(thandle_t handle, void* to, tmsize_t size) {
  auto& file = *static_cast<File*>(handle);
  const auto left = static_cast<tmsize_t>(file.bytes.size()) - static_cast<tmsize_t>(file.position);
  const tmsize_t got = std::clamp<tmsize_t>(left, 0, size);
  if (got > 0) std::memcpy(to, file.bytes.data() + file.position, static_cast<std::size_t>(got));
  file.position += static_cast<std::uint64_t>(got);
  return got;
}
tmsize_t write_bytes(thandle_t handle, void* from, tmsize_t size) {
  auto& file = *static_cast<File*>(handle);
  file.bytes.resize(std::max<std::size_t>(file.bytes.size(), file.position + static_cast<std::size_t>(size)));
  std::memcpy(file.bytes.data() + file.position, from, static_cast<std::size_t>(size));
  file.position += static_cast<std::uint64_t>(size);
  return size;
}
toff_t seek(thandle_t handle, toff_t offset, int whence) {
  auto& file = *static_cast<File*>(handle);
  const std::uint64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.position : file.bytes.size();
  return file.position = from + offset;
}
int close_file(thandle_t /*handle*/) {
  return 0;
}
toff_t size_of(thandle_t handle) {
  return static_cast<File*>(handle)->bytes.size();
}

// A TIFF of any kind; value(x, y, sample) gives the samples of type T. T = bool packs 1 bit.
template <class T, class Value>
Bytes make_tiff(std::uint32_t width, std::uint32_t height, std::uint16_t samples, const Options& options,
                const Value& value) {
  File file;
  TIFF* tiff =
      TIFFClientOpen("test", options.mode, &file, read_bytes, write_bytes, seek, close_file, size_of, nullptr, nullptr);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, samples);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * sizeof(T)));
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, options.format);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, options.photometric);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, options.planar);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, options.compression);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, options.orientation);
  if (!options.extra.empty()) {
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, static_cast<int>(options.extra.size()), options.extra.data());
  }
  if (options.photometric == PHOTOMETRIC_PALETTE) {
    std::vector<std::uint16_t> red(256), green(256), blue(256);
    for (std::size_t i = 0; i < 256; ++i) {
      red[i] = static_cast<std::uint16_t>(i * 257);
      green[i] = static_cast<std::uint16_t>((255 - i) * 257);
      blue[i] = 51 * 257;
    }
    TIFFSetField(tiff, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
  }
  std::uint32_t wide = width;
  std::uint32_t high = options.rows;
  if (options.tile != 0) {
    wide = high = options.tile;
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, wide);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, high);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, high);
  }
  const bool separate = options.planar == PLANARCONFIG_SEPARATE;
  std::uint32_t index = 0;
  for (int plane = 0; plane < (separate ? samples : 1); ++plane) {
    for (std::uint32_t top = 0; top < height; top += high) {
      for (std::uint32_t left = 0; left < width; left += wide) {
        std::vector<T> block;
        const std::uint32_t rows = options.tile != 0 ? high : std::min(high, height - top);
        for (std::uint32_t y = top; y < top + rows; ++y) {
          for (std::uint32_t x = left; x < left + wide; ++x) {
            for (int s = separate ? plane : 0; s < (separate ? plane + 1 : samples); ++s) {
              const bool inside = x < width && y < height;
              block.push_back(inside ? value(static_cast<int>(x), static_cast<int>(y), s) : T{});
            }
          }
        }
        const auto size = static_cast<tmsize_t>(block.size() * sizeof(T));
        EXPECT_EQ(options.tile != 0 ? TIFFWriteEncodedTile(tiff, index, block.data(), size)
                                    : TIFFWriteEncodedStrip(tiff, index, block.data(), size),
                  size);
        ++index;
      }
    }
  }
  TIFFClose(tiff);
  return file.bytes;
}

template <class T>
T integer(int x, int y, int s) {
  return static_cast<T>(test::pattern_value(x, y, s, std::numeric_limits<T>::max()));
}

std::vector<std::uint16_t> separate_alpha(int channels) {
  return channels % 2 == 0 ? std::vector<std::uint16_t>{EXTRASAMPLE_UNASSALPHA} : std::vector<std::uint16_t>{};
}

template <class T>
void expect_read(SampleType sample, Options options) {
  for (std::uint16_t channels = 1; channels <= 4; ++channels) {
    options.photometric = channels <= 2 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
    options.extra = separate_alpha(channels);
    const Bytes file = make_tiff<T>(37, 21, channels, options, integer<T>);
    test::expect_same_pixels(decode_image(file), test::pattern(37, 21, channels, sample));
  }
}

TEST(Tiff, ReadsStripsAndTilesPlanarAndNot) {
  for (const std::uint16_t planar : both_planar) {
    for (const std::uint32_t tile : {0U, 16U, 64U}) {
      for (const std::uint16_t compression : compressions) {
        for (const char* mode : {"wl", "wb", "w8"}) {
          const Options options{.planar = planar, .compression = compression, .tile = tile, .mode = mode};
          expect_read<std::uint8_t>(SampleType::u8, options);
          expect_read<std::uint16_t>(SampleType::u16, options);
        }
      }
    }
  }
}

TEST(Tiff, WhiteIsZero) {
  const Options options{.photometric = PHOTOMETRIC_MINISWHITE};
  Image image = decode_image(make_tiff<std::uint8_t>(5, 4, 1, options, [](int x, int y, int s) {
    return static_cast<std::uint8_t>(255 - integer<std::uint8_t>(x, y, s));
  }));
  test::expect_same_pixels(image, test::pattern(5, 4, 1));
}

TEST(Tiff, FloatsAreKeptAsTheyAre) {
  Image image = test::pattern(37, 21, 4, SampleType::f32);
  image.samples[3] = std::numeric_limits<float>::quiet_NaN();
  image.samples[4] = std::numeric_limits<float>::infinity();
  image.samples[5] = -1e30F;
  test::expect_same_pixels(decode_image(encode_tiff(image)), image);
  const auto value = [](int x, int y, int s) { return x + 100.0 * y + 0.5 * s; };
  for (const std::uint32_t tile : {0U, 16U}) {
    const Image back = decode_image(make_tiff<double>(20, 10, 3, {.format = SAMPLEFORMAT_IEEEFP, .tile = tile}, value));
    EXPECT_EQ(back.sample, SampleType::f32);
    EXPECT_EQ(back.plane(1)[3 * 20 + 7], 307.5F);
  }
}

TEST(Tiff, AlphaOfEveryKind) {
  const auto value = [](int /*x*/, int /*y*/, int s) { return static_cast<std::uint8_t>(s == 3 ? 102 : 51); };
  Image image = decode_image(make_tiff<std::uint8_t>(2, 2, 4, {.extra = {EXTRASAMPLE_ASSOCALPHA}}, value));
  ASSERT_EQ(image.channels, 4);
  EXPECT_NEAR(image.samples[0], 0.5, 1e-6);  // 51 / 102
  EXPECT_EQ(image.plane(3)[0], 0.4F);
  image = decode_image(make_tiff<std::uint8_t>(2, 2, 4, {.extra = {EXTRASAMPLE_UNASSALPHA}}, value));
  EXPECT_EQ(image.samples[0], 0.2F);
  image = decode_image(make_tiff<std::uint8_t>(2, 2, 4, {.extra = {EXTRASAMPLE_UNSPECIFIED}}, value));
  EXPECT_EQ(image.channels, 3);
  const std::vector<std::uint16_t> two{EXTRASAMPLE_UNASSALPHA, EXTRASAMPLE_UNSPECIFIED};
  for (const std::uint16_t planar : both_planar) {
    image = decode_image(make_tiff<std::uint8_t>(2, 2, 5, {.planar = planar, .extra = two}, value));
    ASSERT_EQ(image.channels, 4);
    EXPECT_EQ(image.plane(3)[0], 0.4F);
  }
}

TEST(Tiff, PalettesAndOtherKindsAreConverted) {
  const Image palette =
      decode_image(make_tiff<std::uint8_t>(19, 5, 1, {.photometric = PHOTOMETRIC_PALETTE},
                                           [](int x, int y, int) { return static_cast<std::uint8_t>(x + y); }));
  ASSERT_EQ(palette.channels, 3);
  EXPECT_EQ(palette.plane(0)[2 * 19 + 7], 9.0F / 255);
  EXPECT_EQ(palette.plane(1)[2 * 19 + 7], 246.0F / 255);
  EXPECT_EQ(palette.plane(2)[2 * 19 + 7], 0.2F);

  const Image inks =
      decode_image(make_tiff<std::uint8_t>(6, 5, 4, {.photometric = PHOTOMETRIC_SEPARATED}, [](int, int, int s) {
        return static_cast<std::uint8_t>(s == 0 ? 255 : 0);
      }));
  ASSERT_EQ(inks.channels, 3);
  EXPECT_EQ(inks.plane(0)[0], 0);
  EXPECT_EQ(inks.plane(1)[0], 1);
  EXPECT_EQ(inks.plane(2)[0], 1);
}

TEST(Tiff, OrientationIsAppliedOnce) {
  for (std::uint16_t orientation = 1; orientation <= 8; ++orientation) {
    const Options options{.photometric = PHOTOMETRIC_MINISBLACK, .orientation = orientation};
    const auto value = [](int x, int y, int) { return static_cast<std::uint8_t>(x + 3 * y); };
    const Image image = decode_image(make_tiff<std::uint8_t>(3, 2, 1, options, value));
    const std::vector<std::vector<int>> upright{{0, 1, 2, 3, 4, 5}, {2, 1, 0, 5, 4, 3}, {5, 4, 3, 2, 1, 0},
                                                {3, 4, 5, 0, 1, 2}, {0, 3, 1, 4, 2, 5}, {3, 0, 4, 1, 5, 2},
                                                {5, 2, 4, 1, 3, 0}, {2, 5, 1, 4, 0, 3}};
    ASSERT_EQ(image.width, orientation <= 4 ? 3 : 2);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(image.samples[i], static_cast<float>(upright[orientation - 1U][i]) / 255) << orientation;
    }
    test::expect_same_pixels(decode_image(encode_tiff(image)), image);

    const Options converted{.photometric = PHOTOMETRIC_PALETTE, .orientation = orientation};
    const Image palette = decode_image(make_tiff<std::uint8_t>(3, 2, 1, converted, value));
    ASSERT_EQ(palette.width, image.width);
    EXPECT_TRUE(std::ranges::equal(palette.plane(0), image.plane(0))) << orientation;
  }
}

TEST(Tiff, SaysWhatItCannotRead) {
  const auto value = [](int, int, int) { return std::uint32_t{1}; };
  const std::string error = test::decode_error(make_tiff<std::uint32_t>(4, 4, 3, {}, value));
  EXPECT_NE(error.find("holds 32-bit samples"), std::string::npos) << error;
  EXPECT_NE(test::decode_error(make_tiff<std::int16_t>(4, 4, 3, {.format = SAMPLEFORMAT_INT}, integer<std::int16_t>)),
            "");
}

TEST(Tiff, ALibraryErrorIsQuotedAndNothingIsPrinted) {
  Bytes file = make_tiff<std::uint8_t>(64, 64, 3, {.compression = COMPRESSION_LZW}, integer<std::uint8_t>);
  std::fill(file.begin() + 8, file.begin() + 200, std::byte{0xFF});
  testing::internal::CaptureStderr();
  const std::string error = test::decode_error(file);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(error.rfind("cannot be decoded: ", 0), 0U) << error;
  EXPECT_GT(error.size(), 25U);
}

TEST(Tiff, SurvivesDamageAndTruncation) {
  for (const std::uint32_t tile : {0U, 16U}) {
    for (const std::uint16_t planar : both_planar) {
      for (const std::uint16_t photometric : photometrics) {
        const Options options{
            .photometric = photometric, .planar = planar, .compression = COMPRESSION_LZW, .tile = tile};
        const std::uint16_t samples = photometric == PHOTOMETRIC_RGB ? 3 : 4;
        const Bytes file = make_tiff<std::uint8_t>(37, 21, samples, options, integer<std::uint8_t>);
        test::expect_survives_damage(file);
        test::expect_error_when_cut(file);
      }
    }
  }
}

TEST(Tiff, AHugeHeaderIsRefused) {
  Bytes file = make_tiff<std::uint8_t>(16, 16, 3, {}, integer<std::uint8_t>);
  // The entries of width (256) and height (257): tag, type, count, value; all little endian here.
  const auto set = [&](std::uint8_t tag, std::uint32_t value) {
    for (std::size_t i = 8; i + 12 <= file.size(); ++i) {
      if (file[i] != std::byte{tag} || file[i + 1] != std::byte{1} || file[i + 4] != std::byte{1}) continue;
      if (file[i + 2] != std::byte{3} && file[i + 2] != std::byte{4}) continue;
      file[i + 2] = std::byte{4};
      std::memcpy(&file[i + 8], &value, 4);
      return;
    }
    FAIL();
  };
  set(0, 1'000'000);
  set(1, 1'000'000);
  EXPECT_NE(test::decode_error(file).find("1000000 x 1000000 pixels"), std::string::npos) << test::decode_error(file);
  set(1, 900);
  EXPECT_EQ(test::decode_error(file, {.pixels = usual_most_pixels}), "is truncated");
}

}  // namespace
}  // namespace dipper
