// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <png.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>

#include "base/check.hpp"
#include "dipper/error.hpp"
#include "image/codec.hpp"
#include "image/limits.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

// What libpng's callbacks share with us. libpng reports an error by longjmp out of itself, so nothing between
// guarded() and the error may own anything.
struct Session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::array<char, 160> message{};
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* session = static_cast<Session*>(png_get_error_ptr(png));
  std::snprintf(session->message.data(), session->message.size(), "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}

// Runs a step, which must hold nothing with a destructor; false when libpng gave up in it.
template <class Step>
bool guarded(png_structp png, Step step) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;  // NOLINT(cert-err52-cpp): libpng's only way out
  step();
  return true;
}

void set_limits(png_structp png) {
  constexpr png_uint_32 side = 0x7fffffff;  // check_size() decides
  png_set_user_limits(png, side, side);
  png_set_benign_errors(png, 1);  // an unusable colour profile is a warning
}

// What is not taken into a picture, such as text, is not looked at either: it may be compressed, and there may be much
// of it. A colour profile that says it is larger than its limit counts as an unusable one.
void set_chunk_limits(png_structp png) {
  constexpr png_alloc_size_t most_bytes = 16'000'000;
  constexpr png_byte wanted[] = "iCCP\0eXIf";  // NOLINT(modernize-avoid-c-arrays): names of five bytes, with their ends
  png_set_chunk_malloc_max(png, most_bytes);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, wanted, 2);
}

// Each chunk is a size of four bytes, a name of as many, what it holds, and a checksum. libpng takes memory for an eXIf
// chunk by its size alone.
void check_chunks(std::span<const std::byte> file) {
  constexpr std::size_t signature = 8;
  constexpr std::size_t around = 12;
  for (std::size_t at = signature; at + around <= file.size();) {
    const std::size_t size = png_get_uint_32(reinterpret_cast<png_const_bytep>(&file[at]));
    if (size > file.size() - at - around) throw Error("is truncated");
    if (std::memcmp(&file[at + 4], "IEND", 4) == 0) return;
    at += around + size;
  }
  throw Error("is truncated");
}

struct Reader : Session {
  std::span<const std::byte> rest;
  bool truncated = false;

  explicit Reader(std::span<const std::byte> file) : rest(file) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, static_cast<Session*>(this), on_error, on_warning);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png, this, read);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  static void read(png_structp png, png_bytep to, std::size_t size) {
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    if (size > self->rest.size()) {
      self->truncated = true;
      png_error(png, "end of file");
    }
    std::memcpy(to, self->rest.data(), size);
    self->rest = self->rest.subspan(size);
  }

  template <class Step>
  void run(Step step) {
    if (guarded(png, step)) return;
    if (truncated) throw Error("is truncated");
    throw Error(fmt::format("cannot be decoded: {}", message.data()));
  }
};

template <class T>
void read_pixels(Reader& reader, Image& image) {
  const std::size_t row_samples = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  DIPPER_CHECK_EQ(png_get_rowbytes(reader.png, reader.info), row_samples * sizeof(T));
  const auto height = static_cast<std::size_t>(image.height);
  std::vector<T> pixels(row_samples * height);
  std::vector<png_bytep> rows(height);
  for (std::size_t y = 0; y < height; ++y) rows[y] = reinterpret_cast<png_bytep>(pixels.data() + y * row_samples);
  png_bytepp first = rows.data();
  reader.run([&] {
    png_read_image(reader.png, first);
    png_read_end(reader.png, reader.info);
  });
  image.samples.resize(pixels.size());
  set_samples(image, pixels);
}

void read_metadata(const Reader& reader, Image& image) {
  png_charp name = nullptr;
  int compression = 0;
  png_bytep profile = nullptr;
  png_uint_32 size = 0;
  if (png_get_iCCP(reader.png, reader.info, &name, &compression, &profile, &size) != 0) {
    const auto bytes = std::as_bytes(std::span(profile, size));
    image.icc.assign(bytes.begin(), bytes.end());
  }
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(reader.png, reader.info, &size, &exif) != 0) {
    const auto bytes = std::as_bytes(std::span(exif, size));
    image.exif.assign(bytes.begin(), bytes.end());
  }
}

struct Writer : Session {
  Bytes bytes;

  Writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, static_cast<Session*>(this), on_error, on_warning);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_write_struct(&png, nullptr);
      throw std::bad_alloc();
    }
    png_set_write_fn(png, this, write, flush);
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  static void write(png_structp png, png_bytep from, std::size_t size) {
    auto* self = static_cast<Writer*>(png_get_io_ptr(png));
    if (!self->append(std::as_bytes(std::span(from, size)))) png_error(png, "not enough memory");
  }
  static void flush(png_structp /*png*/) {}

  bool append(std::span<const std::byte> more) noexcept {
    try {
      bytes.insert(bytes.end(), more.begin(), more.end());
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  template <class Step>
  void run(Step step) {
    if (!guarded(png, step)) throw Error(fmt::format("libpng says: {}", message.data()));
  }
};

constexpr std::array<int, 4> colour_types{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                          PNG_COLOR_TYPE_RGB_ALPHA};

void write_header(Writer& writer, const Image& image, int depth) {
  const std::span<const std::byte> profile = fitting_profile(image);
  writer.run([&] {
    set_limits(writer.png);
    png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height),
                 depth, colour_types[static_cast<std::size_t>(image.channels - 1)], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!profile.empty()) {
      png_set_iCCP(writer.png, writer.info, "icc", PNG_COMPRESSION_TYPE_BASE,
                   reinterpret_cast<png_const_bytep>(profile.data()), static_cast<png_uint_32>(profile.size()));
    }
    if (!image.exif.empty()) {
      auto* exif = reinterpret_cast<png_bytep>(const_cast<std::byte*>(image.exif.data()));  // only read
      png_set_eXIf_1(writer.png, writer.info, static_cast<png_uint_32>(image.exif.size()), exif);
    }
    png_write_info(writer.png, writer.info);
    if (depth == 16 && std::endian::native == std::endian::little) png_set_swap(writer.png);
  });
}

template <class T>
void write_pixels(Writer& writer, const Image& image, const std::vector<T>& pixels) {
  const std::size_t row_samples = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  writer.run([&] {
    for (std::size_t first = 0; first < pixels.size(); first += row_samples) {
      png_write_row(writer.png, reinterpret_cast<png_const_bytep>(pixels.data() + first));
    }
    png_write_end(writer.png, writer.info);
  });
}

Bytes encode(Writer& writer, const Image& image) {
  if (image.sample == SampleType::u8) {
    write_header(writer, image, 8);
    write_pixels(writer, image, to_eight_bit(image));
  } else {
    write_header(writer, image, 16);
    write_pixels(writer, image, to_sixteen_bit(image));
  }
  return std::move(writer.bytes);
}

}  // namespace

bool is_png(std::span<const std::byte> file) {
  constexpr std::size_t size = 8;
  return file.size() >= size && png_sig_cmp(reinterpret_cast<png_const_bytep>(file.data()), 0, size) == 0;
}

Image decode_png(std::span<const std::byte> file, const ReadLimits& limits) {
  check_chunks(file);
  Reader reader(file);
  reader.run([&] {
    set_limits(reader.png);
    set_chunk_limits(reader.png);
    png_read_info(reader.png, reader.info);
  });
  Image image;
  const std::int64_t width = png_get_image_width(reader.png, reader.info);
  const std::int64_t height = png_get_image_height(reader.png, reader.info);
  check_size(width, height, png_get_channels(reader.png, reader.info), limits);
  image.width = static_cast<int>(width);
  image.height = static_cast<int>(height);
  // Deflate shrinks to 1/1032 at best (zlib's technical notes): no memory for pixels that cannot be there.
  constexpr std::size_t best = 1032;
  if (png_get_rowbytes(reader.png, reader.info) * static_cast<std::size_t>(height) / best > file.size()) {
    throw Error("is truncated");
  }
  reader.run([&] {
    png_set_expand(reader.png);  // palette to RGB, 1, 2, 4 bit to 8, a transparent colour to alpha
    if (std::endian::native == std::endian::little) png_set_swap(reader.png);
    png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
  });
  image.channels = png_get_channels(reader.png, reader.info);
  if (png_get_bit_depth(reader.png, reader.info) == 16) {
    read_pixels<std::uint16_t>(reader, image);
  } else {
    read_pixels<std::uint8_t>(reader, image);
  }
  read_metadata(reader, image);
  return image;
}

Bytes encode_png(const Image& image) {
  Writer writer;
  return encode(writer, image);
}

Bytes encode_png_fast(const Image& image) {
  Writer writer;
  writer.run([&] {
    png_set_compression_level(writer.png, 1);
    png_set_filter(writer.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  });
  return encode(writer, image);
}

}  // namespace dipper
