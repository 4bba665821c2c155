// SPDX-License-Identifier: Apache-2.0
// Small files that say, or become, much more: refused by their headers, or read without what makes them grow.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>
#include <ctime>
#include <fstream>
#include <string>

#include "dipper/error.hpp"
#include "image/io.hpp"
#include "image/limits.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

constexpr bool is_sanitized = sizeof(DIPPER_SANITIZE) > 1;
constexpr ReadLimits gigapixel{.pixels = usual_most_pixels};  // whatever the memory that is free

struct Bounds {
  std::size_t bytes = std::size_t{64} << 20;  // more than the process has
  double seconds = 0.1;
};

// What decode_error() says in a process of its own; "too much memory" or "too slow" where it is beyond the bounds. A
// sanitizer takes more of both, so it has none.
std::string outcome_of(const Bytes& file, const ReadLimits& limits = {}, const Bounds& bounds = {}) {
  int ends[2] = {-1, -1};  // NOLINT(modernize-avoid-c-arrays): pipe(2)
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (!is_sanitized) {
      std::size_t pages = 0;
      std::ifstream("/proc/self/statm") >> pages;
      const rlim_t size = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + bounds.bytes;
      const rlimit limit{size, size};
      ::setrlimit(RLIMIT_AS, &limit);
    }
    const std::clock_t began = std::clock();  // of the processor, which others may be using too
    std::string text = test::decode_error(file, limits);
    const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    if (!is_sanitized && seconds > bounds.seconds) text = fmt::format("too slow: {:.2f} s", seconds);
    if (text.find("needs more memory") != std::string::npos) text = "too much memory";
    static_cast<void>(::write(ends[1], text.data(), text.size()) + 1);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text(1000, ' ');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(ends[0], text.data(), text.size()))));
  ::close(ends[0]);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return text;
}

void put(Bytes& file, std::size_t at, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) file[at + i] = static_cast<std::byte>(value >> (8 * (size - 1 - i)) & 255U);
}

std::size_t find(const Bytes& file, std::string_view what, std::size_t from = 0) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const std::size_t at = text.find(what, from);
  EXPECT_NE(at, std::string_view::npos);
  return at;
}

void insert(Bytes& file, std::size_t at, std::span<const std::byte> more) {
  file.insert(file.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
}

// Length, name, data, and the checksum over both.
Bytes png_chunk(std::string_view name, std::string_view data) {
  Bytes chunk(12 + data.size());
  put(chunk, 0, static_cast<std::uint32_t>(data.size()), 4);
  std::memcpy(&chunk[4], name.data(), 4);
  std::memcpy(&chunk[8], data.data(), data.size());
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(&chunk[4]), static_cast<uInt>(4 + data.size()));
  put(chunk, 8 + data.size(), static_cast<std::uint32_t>(sum), 4);
  return chunk;
}

// So many bytes of 0 after what comes first, compressed.
std::string deflated(const std::string& first, std::size_t zeros) {
  std::string text = first;
  text.resize(first.size() + zeros, '\0');
  uLongf size = compressBound(text.size());
  std::string packed(size, ' ');
  EXPECT_EQ(compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                      text.size(), 9),
            Z_OK);
  packed.resize(size);
  return packed;
}

constexpr std::size_t behind_png_header = 33;

Bytes png_of_size(std::uint32_t side) {
  Bytes file = encode_png(test::pattern(8, 8, 3));
  std::string header(reinterpret_cast<const char*>(&file[16]), 13);
  for (int i = 0; i < 8; ++i) header[i] = static_cast<char>(side >> (24 - 8 * (i % 4)) & 255U);
  const Bytes chunk = png_chunk("IHDR", header);
  std::copy(chunk.begin(), chunk.end(), file.begin() + 8);
  return file;
}

Bytes jpeg_of_size(std::uint32_t side) {
  Bytes file = encode_jpeg(test::ramp(16, 16, 3));
  const std::size_t frame = find(file, "\xFF\xC0");
  put(file, frame + 5, side, 2);
  put(file, frame + 7, side, 2);
  return file;
}

constexpr const char* limit = "dipper reads 1000 million at most, or up to 2000 million with --max-pixels";

TEST(Bombs, APictureBeyondTheLimitIsRefusedByItsHeader) {
  EXPECT_EQ(outcome_of(png_of_size(60'000)), fmt::format("has 60000 x 60000 pixels; {}", limit));
  EXPECT_EQ(outcome_of(jpeg_of_size(65'500)), fmt::format("has 65500 x 65500 pixels; {}", limit));
  Bytes tiff = encode_tiff(test::pattern(8, 8, 3));
  const std::size_t width = find(tiff, std::string_view("\x00\x01\x03\x00\x01\x00\x00\x00", 8));
  const std::size_t height = find(tiff, std::string_view("\x01\x01\x03\x00\x01\x00\x00\x00", 8));
  for (const std::size_t at : {width, height}) std::memcpy(&tiff[at + 8], "\x60\xEA\x00\x00", 4);
  EXPECT_EQ(outcome_of(tiff), fmt::format("has 60000 x 60000 pixels; {}", limit));
  // WebP has room for 268 million at most.
  const Bytes webp = encode_webp(Image(500, 500, 3));
  EXPECT_EQ(outcome_of(webp, {.pixels = 249'999}),
            "has 500 x 500 pixels; dipper reads 249999 at most, or up to 2000 million with --max-pixels");
}

TEST(Bombs, AFileThatCannotHoldItsPixelsIsTruncated) {
  EXPECT_EQ(outcome_of(png_of_size(30'000), gigapixel), "is truncated");
  EXPECT_EQ(outcome_of(jpeg_of_size(30'000), gigapixel), "is truncated");
}

// check_size() goes by this. Turning it upright takes the most.
TEST(Bombs, APictureTakesNoMoreMemoryThanIsAllowedFor) {
  constexpr std::size_t apart = std::size_t{4} << 20;  // what does not grow with the picture
  Image image = test::ramp(2000, 1500, 3);
  image.exif = test::exif(6);
  const Bounds bounds{image.samples.size() * static_cast<std::size_t>(bytes_a_sample) + apart, 10};
  EXPECT_EQ(outcome_of(encode_jpeg(image), gigapixel, bounds), "");
  EXPECT_EQ(outcome_of(encode_webp(image), gigapixel, bounds), "");
  image.sample = SampleType::u16;
  EXPECT_EQ(outcome_of(encode_png_fast(image), gigapixel, bounds), "");
  EXPECT_EQ(outcome_of(encode_tiff(image), gigapixel, bounds), "");
  image.sample = SampleType::f32;
  EXPECT_EQ(outcome_of(encode_tiff(image), gigapixel, bounds), "");
}

TEST(Bombs, TextInAPngIsNotInflated) {
  Bytes file = encode_png(test::pattern(8, 8, 3));
  const std::string packed = deflated("", std::size_t{100} << 20);
  const Bytes text = png_chunk("zTXt", std::string("Comment\0\0", 9) + packed);
  for (int i = 0; i < 40; ++i) insert(file, behind_png_header, text);
  EXPECT_EQ(outcome_of(file), "");
}

TEST(Bombs, AProfileThatInflatesBeyondItsLimitIsLeftOut) {
  Bytes file = encode_png(test::pattern(8, 8, 3));
  const Bytes start = test::rgb_profile();
  std::string profile(reinterpret_cast<const char*>(start.data()), start.size());
  constexpr std::uint32_t size = 40'000'000;
  for (int i = 0; i < 4; ++i) profile[i] = static_cast<char>(size >> (24 - 8 * i) & 255U);  // as its header says too
  const std::string packed = deflated(profile, size - profile.size());
  insert(file, behind_png_header, png_chunk("iCCP", std::string("icc\0\0", 5) + packed));
  EXPECT_EQ(outcome_of(file), "");
  EXPECT_TRUE(decode_image(file).icc.empty());
}

TEST(Bombs, AJpegHasOnlySoManySegments) {
  Bytes segments;
  for (int i = 0; i < most_pieces + 1; ++i) {
    for (const int byte : {0xFF, 0xE1, 0, 2}) segments.push_back(static_cast<std::byte>(byte));
  }
  Bytes file = encode_jpeg(test::ramp(16, 16, 3));
  insert(file, 2, segments);
  EXPECT_EQ(outcome_of(file), "has more than 1000 segments, which no picture needs");
  file.erase(file.begin() + 2, file.begin() + 2 + 40);  // ten fewer
  EXPECT_EQ(outcome_of(file), "");
}

TEST(Bombs, AWebPHasOnlySoManyChunks) {
  Image image = test::pattern(8, 8, 3);
  image.exif = test::exif(1);  // the extended layout, which may hold unknown chunks
  Bytes file = encode_webp(image);
  for (int i = 0; i < most_pieces; ++i) {
    for (const char byte : std::string_view("none\0\0\0\0", 8)) file.push_back(static_cast<std::byte>(byte));
  }
  const auto size = static_cast<std::uint32_t>(file.size() - 8);
  std::memcpy(&file[4], &size, 4);
  EXPECT_EQ(outcome_of(file), "has more than 1000 chunks, which no picture needs");
}

}  // namespace
}  // namespace dipper
