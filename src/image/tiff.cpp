// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "dipper/error.hpp"
#include "image/codec.hpp"
#include "image/limits.hpp"
#include "image/orient.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

// A file in memory as libtiff's callbacks see it. libtiff seeks freely, also past the end.
struct Memory {
  std::span<const std::byte> input;  // what is read
  Bytes output;                      // what was written
  bool writing = false;
  std::uint64_t position = 0;
  bool read_past_end = false;
  std::array<char, 256> message{};  // libtiff's first error

  [[nodiscard]] std::span<const std::byte> bytes() const {
    return writing ? std::span<const std::byte>(output) : input;
  }
};

tmsize_t on_read(thandle_t handle, void* to, tmsize_t size) {
  auto& memory = *static_cast<Memory*>(handle);
  const std::span<const std::byte> bytes = memory.bytes();
  const std::uint64_t left = memory.position < bytes.size() ? bytes.size() - memory.position : 0;
  const std::uint64_t got = std::min(left, static_cast<std::uint64_t>(size));
  if (got < static_cast<std::uint64_t>(size)) memory.read_past_end = true;
  if (got > 0) std::memcpy(to, bytes.data() + memory.position, got);
  memory.position += got;
  return static_cast<tmsize_t>(got);
}

tmsize_t on_write(thandle_t handle, void* from, tmsize_t size) {
  auto& memory = *static_cast<Memory*>(handle);
  const std::uint64_t end = memory.position + static_cast<std::uint64_t>(size);
  try {
    if (end > memory.output.size()) memory.output.resize(end);
  } catch (const std::bad_alloc&) {
    return -1;
  }
  if (size > 0) std::memcpy(memory.output.data() + memory.position, from, static_cast<std::size_t>(size));
  memory.position = end;
  return size;
}

toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  auto& memory = *static_cast<Memory*>(handle);
  if (whence == SEEK_SET) memory.position = offset;
  if (whence == SEEK_CUR) memory.position += offset;
  if (whence == SEEK_END) memory.position = memory.bytes().size() + offset;
  return memory.position;
}

int on_close(thandle_t /*handle*/) {
  return 0;
}
toff_t on_size(thandle_t handle) {
  return static_cast<Memory*>(handle)->bytes().size();
}

int on_error(TIFF* /*tiff*/, void* user, const char* /*module*/, const char* format, va_list arguments) {
  auto& memory = *static_cast<Memory*>(user);
  if (memory.message[0] == '\0') std::vsnprintf(memory.message.data(), memory.message.size(), format, arguments);
  return 1;  // nothing goes to stderr
}

int on_warning(TIFF* /*tiff*/, void* /*user*/, const char* /*module*/, const char* /*format*/, va_list /*arguments*/) {
  return 1;
}

struct Close {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};
using Handle = std::unique_ptr<TIFF, Close>;

// Null when libtiff finds no directory; memory.message then says why. `memory` must outlive the handle.
Handle open(Memory& memory, const char* mode) {
  const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, &memory);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, &memory);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), tmsize_t{1} << 32);
  return Handle(TIFFClientOpenExt("picture", mode, &memory, on_read, on_write, on_seek, on_close, on_size, nullptr,
                                  nullptr, options.get()));
}

[[noreturn]] void fail(const Memory& memory) {
  if (memory.read_past_end) throw Error("is truncated");
  throw Error(fmt::format("cannot be decoded: {}", memory.message[0] != '\0' ? memory.message.data() : "damaged data"));
}

enum class Alpha : std::uint8_t { none, separate, multiplied };

// What the tags of the first directory say.
struct Layout {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint16_t bits = 1;
  std::uint16_t format = SAMPLEFORMAT_UINT;
  std::uint16_t stored = 1;  // samples a pixel
  std::uint16_t photometric = PHOTOMETRIC_MINISBLACK;
  std::uint16_t planar = PLANARCONFIG_CONTIG;
  std::uint16_t orientation = ORIENTATION_TOPLEFT;
  int colours = 1;
  Alpha alpha = Alpha::none;

  [[nodiscard]] int channels() const { return colours + (alpha == Alpha::none ? 0 : 1); }
};

Layout read_layout(TIFF* tiff) {
  Layout layout;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout.height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &layout.format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout.stored);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &layout.planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &layout.orientation);
  if (layout.orientation < 1 || layout.orientation > 8) layout.orientation = ORIENTATION_TOPLEFT;
  if (layout.format == SAMPLEFORMAT_VOID) layout.format = SAMPLEFORMAT_UINT;
  if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric) == 0 && layout.stored >= 3) {
    layout.photometric = PHOTOMETRIC_RGB;
  }
  layout.colours = layout.photometric == PHOTOMETRIC_RGB ? 3 : 1;
  std::uint16_t extras = 0;
  const std::uint16_t* kinds = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &extras, &kinds) != 0 && extras > 0) {
    if (kinds[0] == EXTRASAMPLE_UNASSALPHA) layout.alpha = Alpha::separate;
    if (kinds[0] == EXTRASAMPLE_ASSOCALPHA) layout.alpha = Alpha::multiplied;
  } else if (layout.stored == layout.colours + 1) {
    layout.alpha = Alpha::separate;  // not said, but nothing else is likely
  }
  return layout;
}

// Whether the samples can be taken as they are stored; everything else goes through libtiff's own conversion to RGBA.
bool is_plain(const Layout& layout) {
  const bool integers = layout.format == SAMPLEFORMAT_UINT && (layout.bits == 8 || layout.bits == 16);
  const bool reals = layout.format == SAMPLEFORMAT_IEEEFP && (layout.bits == 32 || layout.bits == 64);
  const bool photometric = layout.photometric == PHOTOMETRIC_MINISBLACK ||
                           layout.photometric == PHOTOMETRIC_MINISWHITE || layout.photometric == PHOTOMETRIC_RGB;
  return (integers || reals) && photometric && layout.stored >= layout.channels();
}

// A strip or tile: where it lies in the picture and how wide its rows are in the file.
struct Block {
  std::uint32_t x, y, width, height;  // the part inside the picture
  std::uint32_t row_pixels;
};

template <class T>
float to_float(T value, bool white_is_zero) {
  if constexpr (std::is_integral_v<T>) {
    constexpr T most = std::numeric_limits<T>::max();
    const T light = white_is_zero ? static_cast<T>(most - value) : value;
    return static_cast<float>(light) / static_cast<float>(most);
  } else {
    return static_cast<float>(white_is_zero ? 1 - value : value);
  }
}

// Copies the channels first .. first + stored - 1 that the image has, from pixels of `stored` samples each.
template <class T>
void copy_block(const T* pixels, std::size_t stored, int first, const Block& block, bool white_is_zero, Image& image) {
  for (std::size_t s = 0; s < stored; ++s) {
    const int channel = first + static_cast<int>(s);
    if (channel >= image.channels) return;
    const bool inverted = white_is_zero && channel < image.colour_channels();
    const std::span<float> plane = image.plane(channel);
    for (std::size_t y = 0; y < block.height; ++y) {
      const T* from = pixels + y * block.row_pixels * stored + s;
      float* to = plane.data() + (block.y + y) * static_cast<std::size_t>(image.width) + block.x;
      for (std::size_t x = 0; x < block.width; ++x) to[x] = to_float(from[x * stored], inverted);
    }
  }
}

template <class T>
Image read_plain(TIFF* tiff, Memory& memory, const Layout& layout, SampleType sample, const ReadLimits& limits) {
  const bool tiled = TIFFIsTiled(tiff) != 0;
  std::uint32_t wide = layout.width;
  std::uint32_t high = layout.height;
  if (tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &wide);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &high);
    check_size(wide, high, layout.channels(), limits);
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &high);
    high = std::clamp(high, 1U, layout.height);
  }
  const bool separate = layout.planar == PLANARCONFIG_SEPARATE;
  const std::size_t stored = separate ? 1 : layout.stored;
  const int planes = separate ? layout.channels() : 1;
  const bool white_is_zero = layout.photometric == PHOTOMETRIC_MINISWHITE;
  Image image;  // none until a block was read: the file may hold nothing of what its header says
  const auto pixels = std::make_unique_for_overwrite<T[]>(std::size_t{wide} * high * stored);
  for (int plane = 0; plane < planes; ++plane) {
    const auto first = static_cast<std::uint16_t>(plane);
    for (std::uint32_t y = 0; y < layout.height; y += std::min(high, layout.height - y)) {
      for (std::uint32_t x = 0; x < layout.width; x += std::min(wide, layout.width - x)) {
        const Block block{x, y, std::min(wide, layout.width - x), std::min(high, layout.height - y), wide};
        const std::size_t rows = tiled ? high : block.height;
        const auto size = static_cast<tmsize_t>(rows * wide * stored * sizeof(T));
        const tmsize_t got = tiled
                                 ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x, y, 0, first), pixels.get(), size)
                                 : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, first), pixels.get(), size);
        if (got != size) fail(memory);
        if (image.empty())
          image = Image(static_cast<int>(layout.width), static_cast<int>(layout.height), layout.channels());
        copy_block(pixels.get(), stored, plane, block, white_is_zero, image);
      }
    }
  }
  image.sample = sample;
  return image;
}

// How far the file's compression shrinks at best: no memory for pixels that cannot be there.
std::uint64_t best_ratio(TIFF* tiff) {
  std::uint16_t compression = COMPRESSION_NONE;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  switch (compression) {
    case COMPRESSION_NONE:
      return 1;
    case COMPRESSION_PACKBITS:  // 128 bytes from two
      return 64;
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
      return 1032;
    case COMPRESSION_LZW:  // a code of 12 bits for a string of at most 4096 bytes
      return 2731;
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTRLEW:  // a bit for a row, which is bounded by check_size() alone
      return std::max<std::uint64_t>(1, TIFFScanlineSize64(tiff)) * 8;
    case COMPRESSION_JPEG:  // a bit for a block of one component, which the others have 16 of
    case COMPRESSION_OJPEG:
      return std::uint64_t{8} * 64 * 16 * 3;
    case COMPRESSION_LZMA:  // 273 bytes by 14 decisions, of 0.022 bits at best
      return 7100;
    case COMPRESSION_ZSTD:  // a block of 128 KiB that repeats one byte
      return 32768;
    default:
      return std::numeric_limits<std::uint64_t>::max();
  }
}

// libtiff takes memory for each strip or tile, which has an offset of two bytes in the file at least.
void check_blocks(TIFF* tiff, const Memory& memory, const Layout& layout) {
  const std::uint64_t blocks = TIFFIsTiled(tiff) != 0 ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
  const std::uint64_t bytes = (std::uint64_t{layout.width} * layout.stored * layout.bits + 7) / 8 * layout.height;
  if (blocks * 2 > memory.input.size() || bytes / best_ratio(tiff) > memory.input.size()) throw Error("is truncated");
}

Image decode_plain(TIFF* tiff, Memory& memory, const Layout& layout, const ReadLimits& limits) {
  Image image = [&] {
    if (layout.format == SAMPLEFORMAT_IEEEFP) {
      return layout.bits == 32 ? read_plain<float>(tiff, memory, layout, SampleType::f32, limits)
                               : read_plain<double>(tiff, memory, layout, SampleType::f32, limits);
    }
    return layout.bits == 16 ? read_plain<std::uint16_t>(tiff, memory, layout, SampleType::u16, limits)
                             : read_plain<std::uint8_t>(tiff, memory, layout, SampleType::u8, limits);
  }();
  if (layout.alpha == Alpha::multiplied) unpremultiply(image);
  return image;
}

struct RgbaReader {
  TIFFRGBAImage state{};
  RgbaReader(TIFF* tiff, Memory& memory) {
    std::array<char, 1024> message{};  // the size that libtiff asks for
    if (TIFFRGBAImageBegin(&state, tiff, 1, message.data()) != 0) return;
    if (memory.message[0] == '\0') std::copy_n(message.begin(), memory.message.size() - 1, memory.message.begin());
    fail(memory);
  }
  ~RgbaReader() { TIFFRGBAImageEnd(&state); }
  RgbaReader(const RgbaReader&) = delete;
  RgbaReader& operator=(const RgbaReader&) = delete;
};

// Palettes, bilevel, YCbCr, CMYK, CIE L*a*b*, LogLuv: 8 bit, through libtiff.
Image decode_converted(TIFF* tiff, Memory& memory, const Layout& layout) {
  if (layout.format != SAMPLEFORMAT_UINT || layout.bits > 16) {
    throw Error(
        fmt::format("holds {}-bit samples of a kind that dipper does not read; save it as 8- or 16-bit integers "
                    "or 32-bit floats",
                    layout.bits));
  }
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);  // turned later, with all other pictures
  RgbaReader reader(tiff, memory);
  reader.state.req_orientation = ORIENTATION_TOPLEFT;
  const std::size_t pixels = std::size_t{layout.width} * layout.height;
  const auto raster = std::make_unique_for_overwrite<std::uint32_t[]>(pixels);
  if (TIFFRGBAImageGet(&reader.state, raster.get(), layout.width, layout.height) == 0) fail(memory);
  const bool gray = layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_MINISWHITE;
  const bool alpha = reader.state.alpha != 0;
  Image image(static_cast<int>(layout.width), static_cast<int>(layout.height), (gray ? 1 : 3) + (alpha ? 1 : 0));
  for (int channel = 0; channel < image.channels; ++channel) {
    const int byte = alpha && channel == image.channels - 1 ? 3 : channel;
    const std::span<float> plane = image.plane(channel);
    for (std::size_t i = 0; i < pixels; ++i) plane[i] = static_cast<float>(raster[i] >> (8 * byte) & 255U) / 255;
  }
  if (alpha) unpremultiply(image);  // libtiff multiplies
  return image;
}

template <class T>
void write_strips(TIFF* tiff, Memory& memory, const Image& image, std::span<const T> pixels, std::size_t rows) {
  const std::size_t strip = rows * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  std::vector<T> buffer;  // libtiff may change what it is given
  std::uint32_t index = 0;
  for (std::size_t first = 0; first < pixels.size(); first += strip, ++index) {
    const std::span<const T> part = pixels.subspan(first, std::min(strip, pixels.size() - first));
    buffer.assign(part.begin(), part.end());
    const auto size = static_cast<tmsize_t>(buffer.size() * sizeof(T));
    if (TIFFWriteEncodedStrip(tiff, index, buffer.data(), size) != size) {
      throw Error(fmt::format("libtiff says: {}", memory.message.data()));
    }
  }
}

void set_tags(TIFF* tiff, const Image& image, int bits, std::size_t rows) {
  const bool real = image.sample == SampleType::f32;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, image.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, image.height);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, image.channels);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, image.colour_channels() == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(tiff, TIFFTAG_PREDICTOR, real ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(rows));
  if (image.has_alpha()) {
    const std::uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
  const std::span<const std::byte> profile = fitting_profile(image);
  if (!profile.empty()) {
    TIFFSetField(tiff, TIFFTAG_ICCPROFILE, static_cast<std::uint32_t>(profile.size()), profile.data());
  }
}

}  // namespace

bool is_tiff(std::span<const std::byte> file) {
  constexpr std::array<const char*, 4> headers{"II*\0", "MM\0*", "II+\0", "MM\0+"};  // 43, "+", is BigTIFF
  return file.size() >= 4 && std::any_of(headers.begin(), headers.end(),
                                         [&](const char* header) { return std::memcmp(file.data(), header, 4) == 0; });
}

Image decode_tiff(std::span<const std::byte> file, const ReadLimits& limits) {
  Memory memory;
  memory.input = file;
  const Handle tiff = open(memory, "rD");  // arrays of strips are read when one is asked for
  if (!tiff) fail(memory);
  const Layout layout = read_layout(tiff.get());
  const bool plain = is_plain(layout);
  check_size(layout.width, layout.height, plain ? layout.channels() : 4, limits);
  check_blocks(tiff.get(), memory, layout);
  Image image = plain ? decode_plain(tiff.get(), memory, layout, limits) : decode_converted(tiff.get(), memory, layout);
  if (memory.read_past_end) throw Error("is truncated");  // libtiff leaves out tags that it cannot reach
  std::uint32_t size = 0;
  const std::byte* profile = nullptr;
  if (TIFFGetField(tiff.get(), TIFFTAG_ICCPROFILE, &size, &profile) != 0) image.icc.assign(profile, profile + size);
  return oriented(std::move(image), layout.orientation);
}

Bytes encode_tiff(const Image& image) {
  const int bits = image.sample == SampleType::u8 ? 8 : image.sample == SampleType::u16 ? 16 : 32;
  const std::size_t row_size =
      image.samples.size() / static_cast<std::size_t>(image.height) * static_cast<std::size_t>(bits / 8);
  constexpr std::size_t strip_size = std::size_t{1} << 18;
  const std::size_t rows = std::clamp<std::size_t>(strip_size / row_size, 1, static_cast<std::size_t>(image.height));
  constexpr std::size_t most_classic = 0xF000'0000;  // offsets of 32 bits, with room for what does not compress
  Memory memory;
  memory.writing = true;
  Handle tiff = open(memory, row_size * static_cast<std::size_t>(image.height) > most_classic ? "w8" : "w");
  // There is nothing else that beginning a file takes, and without it libtiff crashes later.
  if (!tiff || memory.message[0] != '\0') throw std::bad_alloc();
  set_tags(tiff.get(), image, bits, rows);
  if (image.sample == SampleType::u8) {
    write_strips<std::uint8_t>(tiff.get(), memory, image, to_eight_bit(image), rows);
  } else if (image.sample == SampleType::u16) {
    write_strips<std::uint16_t>(tiff.get(), memory, image, to_sixteen_bit(image), rows);
  } else {
    write_strips<float>(tiff.get(), memory, image, to_floats(image), rows);
  }
  if (TIFFWriteDirectory(tiff.get()) == 0) throw Error(fmt::format("libtiff says: {}", memory.message.data()));
  tiff.reset();
  return std::move(memory.output);
}

}  // namespace dipper
