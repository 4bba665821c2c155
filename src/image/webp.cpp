// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <array>
#include <cstring>
#include <memory>
#include <new>

#include "dipper/error.hpp"
#include "image/codec.hpp"
#include "image/exif.hpp"
#include "image/limits.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

struct DeleteDemuxer {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
struct DeleteMux {
  void operator()(WebPMux* mux) const { WebPMuxDelete(mux); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, DeleteDemuxer>;
using Mux = std::unique_ptr<WebPMux, DeleteMux>;

const std::uint8_t* octets(std::span<const std::byte> bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

Bytes to_bytes(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  return {bytes.begin(), bytes.end()};
}

// Of four bytes, little endian.
std::size_t number(std::span<const std::byte> file, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value += std::to_integer<std::size_t>(file[at + i]) << (8 * i);
  return value;
}

// The file from "RIFF" to the end that its header gives (bytes 4 to 7, counted from byte 8 on).
std::span<const std::byte> riff(std::span<const std::byte> file) {
  const std::size_t size = 8 + number(file, 4);
  if (size > file.size()) throw Error("is truncated");
  return file.first(size);
}

// Each chunk is a name and a size in four bytes each, and what it holds, to an even number of bytes. libwebp takes
// memory for every one.
void check_chunks(std::span<const std::byte> file) {
  constexpr std::size_t header = 8;
  constexpr std::size_t before = 12;  // "RIFF", the size and "WEBP"
  int count = 0;
  for (std::size_t at = before; at + header <= file.size();) {
    if (++count > most_pieces) throw Error(fmt::format("has more than {} chunks, which no picture needs", most_pieces));
    const std::size_t size = number(file, at + 4);
    at += header + size + size % 2;
  }
}

[[noreturn]] void fail(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      throw std::bad_alloc();
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      throw Error("is truncated");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      throw Error("cannot be decoded: it uses a feature of WebP that libwebp does not know");
    default:
      throw Error("cannot be decoded: its data are damaged");
  }
}

Bytes chunk(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator iterator;
  Bytes bytes;
  if (WebPDemuxGetChunk(demuxer, name, 1, &iterator) != 0) bytes = to_bytes(iterator.chunk.bytes, iterator.chunk.size);
  WebPDemuxReleaseChunkIterator(&iterator);
  return bytes;
}

// The lossless stream alone, with the RIFF header around it.
struct Encoded {
  WebPMemoryWriter writer{};
  WebPPicture picture{};
  Encoded() {
    WebPMemoryWriterInit(&writer);
    if (WebPPictureInit(&picture) == 0) throw Error("libwebp does not start");
  }
  ~Encoded() {
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&writer);
  }
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;
};

// WebP has no gray: the gray plane three times.
Image with_three_colours(const Image& gray) {
  Image image(gray.width, gray.height, gray.channels + 2);
  for (int channel = 0; channel < image.channels; ++channel) {
    const std::span<const float> from = gray.plane(channel < 3 ? 0 : 1);
    std::copy(from.begin(), from.end(), image.plane(channel).begin());
  }
  return image;
}

void encode_pixels(Encoded& encoded, const Image& image) {
  const std::vector<std::uint8_t> pixels =
      to_eight_bit(image.colour_channels() == 1 ? with_three_colours(image) : image);
  WebPConfig config;
  constexpr int effort = 6;
  if (WebPConfigInit(&config) == 0 || WebPConfigLosslessPreset(&config, effort) == 0) {
    throw Error("libwebp does not start");
  }
  config.exact = 1;  // keep the colour of fully transparent pixels
  WebPPicture& picture = encoded.picture;
  picture.use_argb = 1;
  picture.width = image.width;
  picture.height = image.height;
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &encoded.writer;
  const int imported = image.has_alpha() ? WebPPictureImportRGBA(&picture, pixels.data(), image.width * 4)
                                         : WebPPictureImportRGB(&picture, pixels.data(), image.width * 3);
  if (imported == 0) throw std::bad_alloc();
  if (WebPEncode(&config, &picture) == 0) {
    if (picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY ||
        picture.error_code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY) {
      throw std::bad_alloc();
    }
    throw Error(fmt::format("libwebp fails with error {}", static_cast<int>(picture.error_code)));
  }
}

void set_chunk(WebPMux* mux, const char* name, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const WebPData data{octets(bytes), bytes.size()};
  if (WebPMuxSetChunk(mux, name, &data, 0) != WEBP_MUX_OK)
    throw Error(fmt::format("libwebp refuses the {} chunk", name));
}

}  // namespace

bool is_webp(std::span<const std::byte> file) {
  return file.size() >= 12 && std::memcmp(file.data(), "RIFF", 4) == 0 && std::memcmp(file.data() + 8, "WEBP", 4) == 0;
}

Image decode_webp(std::span<const std::byte> file, const ReadLimits& limits) {
  file = riff(file);
  check_chunks(file);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) throw Error("cannot be decoded: libwebp does not start");
  if (const VP8StatusCode status = WebPGetFeatures(octets(file), file.size(), &config.input); status != VP8_STATUS_OK) {
    fail(status);
  }
  if (config.input.has_animation != 0) {
    throw Error("is an animated WebP; dipper restores single pictures, so save one of its frames");
  }
  const WebPData data{octets(file), file.size()};
  const Demuxer demuxer(WebPDemux(&data));
  if (!demuxer) throw Error("cannot be decoded: its data are damaged");
  const int channels = config.input.has_alpha != 0 ? 4 : 3;
  check_size(config.input.width, config.input.height, channels, limits);
  const std::size_t row_size = static_cast<std::size_t>(config.input.width) * static_cast<std::size_t>(channels);
  std::vector<std::uint8_t> pixels(row_size * static_cast<std::size_t>(config.input.height));
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {pixels.data(), static_cast<int>(row_size), pixels.size()};
  const VP8StatusCode status = WebPDecode(octets(file), file.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) fail(status);
  Image image(config.input.width, config.input.height, channels);
  set_samples(image, pixels);
  image.icc = chunk(demuxer.get(), "ICCP");
  image.exif = exif_block(chunk(demuxer.get(), "EXIF"));
  return image;
}

void check_webp(int width, int height, int /*channels*/) {
  if (width > WEBP_MAX_DIMENSION || height > WEBP_MAX_DIMENSION) {
    throw Error(fmt::format("WebP holds at most {} pixels a side; name a .png instead", WEBP_MAX_DIMENSION));
  }
}

Bytes encode_webp(const Image& image) {
  check_webp(image.width, image.height, image.channels);
  Encoded encoded;
  encode_pixels(encoded, image);
  // A gray profile does not fit the colours that WebP stores.
  const std::span<const std::byte> profile =
      image.colour_channels() == 3 ? fitting_profile(image) : std::span<const std::byte>{};
  if (profile.empty() && image.exif.empty()) return to_bytes(encoded.writer.mem, encoded.writer.size);
  const Mux mux(WebPMuxNew());
  if (!mux) throw std::bad_alloc();
  const WebPData stream{encoded.writer.mem, encoded.writer.size};
  if (WebPMuxSetImage(mux.get(), &stream, 0) != WEBP_MUX_OK) throw Error("libwebp refuses its own picture");
  set_chunk(mux.get(), "ICCP", profile);
  set_chunk(mux.get(), "EXIF", image.exif);
  WebPData assembled{};
  if (WebPMuxAssemble(mux.get(), &assembled) != WEBP_MUX_OK) throw Error("libwebp cannot assemble the file");
  Bytes bytes = to_bytes(assembled.bytes, assembled.size);
  WebPDataClear(&assembled);
  return bytes;
}

}  // namespace dipper
