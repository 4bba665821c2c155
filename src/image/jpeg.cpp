// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <jpeglib.h>  // needs <cstdio>

#include <jerror.h>

#include "dipper/error.hpp"
#include "image/cmyk.hpp"
#include "image/codec.hpp"
#include "image/exif.hpp"
#include "image/limits.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

constexpr int marker_exif = JPEG_APP0 + 1;
constexpr int marker_icc = JPEG_APP0 + 2;
static_assert(most_jpeg_side == JPEG_MAX_DIMENSION);
constexpr unsigned most_marker_bytes = 65533;  // a segment's 16-bit length counts itself
constexpr int most_scans = 100;                // each is a pass over the whole picture; encoders make about ten

struct Free {
  void operator()(unsigned char* bytes) const { std::free(bytes); }  // NOLINT: libjpeg allocates with malloc
};
using Allocated = std::unique_ptr<unsigned char, Free>;

// libjpeg reports an error by longjmp out of itself, so nothing between guarded() and the error may own anything.
struct ErrorManager {
  jpeg_error_mgr base{};  // first: libjpeg sees only this
  std::jmp_buf jump{};
  bool truncated = false;
  bool beyond_limit = false;  // the message says which
  int segments = 0;
  std::array<char, JMSG_LENGTH_MAX> message{};
};

[[noreturn]] void on_error(j_common_ptr codec) {
  auto* errors = reinterpret_cast<ErrorManager*>(codec->err);
  codec->err->format_message(codec, errors->message.data());
  std::longjmp(errors->jump, 1);  // NOLINT(cert-err52-cpp): libjpeg's only way out
}

[[noreturn]] void refuse(ErrorManager& errors, const char* what, int most) {
  errors.beyond_limit = true;
  std::snprintf(errors.message.data(), errors.message.size(), "has more than %d %s, which no picture needs", most,
                what);
  std::longjmp(errors.jump, 1);  // NOLINT(cert-err52-cpp): as above
}

// libjpeg fills in gray for missing data and only warns of it: here that is an error. Other warnings are ignored.
void on_message(j_common_ptr codec, int level) {
  const int code = codec->err->msg_code;
  auto& errors = *reinterpret_cast<ErrorManager*>(codec->err);
  // Said of each segment that is kept or left out; what is kept takes memory.
  if (code == JTRC_MISC_MARKER && ++errors.segments > most_pieces) refuse(errors, "segments", most_pieces);
  if (level >= 0 || (code != JWRN_JPEG_EOF && code != JWRN_HIT_MARKER)) return;
  errors.truncated = true;
  on_error(codec);
}

void on_output(j_common_ptr /*codec*/) {}

jpeg_error_mgr* prepare(ErrorManager& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = on_error;
  errors.base.emit_message = on_message;
  errors.base.output_message = on_output;
  return &errors.base;
}

// Runs a step, which must hold nothing with a destructor; false when libjpeg gave up in it.
template <class Step>
bool guarded(ErrorManager& errors, Step step) {
  if (setjmp(errors.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
  step();
  return true;
}

void on_progress(j_common_ptr codec) {
  if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number <= most_scans) return;
  refuse(*reinterpret_cast<ErrorManager*>(codec->err), "scans", most_scans);
}

struct Reader {
  ErrorManager errors;
  jpeg_progress_mgr progress{};
  jpeg_decompress_struct codec{};

  explicit Reader(std::span<const std::byte> file) {
    codec.err = prepare(errors);
    progress.progress_monitor = on_progress;
    run([&] {
      jpeg_create_decompress(&codec);
      codec.progress = &progress;
      jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(file.data()), file.size());
      jpeg_save_markers(&codec, marker_exif, 0xFFFF);
      jpeg_save_markers(&codec, marker_icc, 0xFFFF);
    });
  }
  ~Reader() { jpeg_destroy_decompress(&codec); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  template <class Step>
  void run(Step step) {
    if (guarded(errors, step)) return;
    if (errors.truncated) throw Error("is truncated");
    if (errors.beyond_limit) throw Error(errors.message.data());
    throw Error(fmt::format("cannot be decoded: {}", errors.message.data()));
  }
};

void read_metadata(Reader& reader, Image& image) {
  JOCTET* profile = nullptr;
  unsigned size = 0;
  reader.run([&] { jpeg_read_icc_profile(&reader.codec, &profile, &size); });
  if (profile != nullptr) {
    const Allocated owner(profile);
    const auto bytes = std::as_bytes(std::span(profile, size));
    image.icc.assign(bytes.begin(), bytes.end());
  }
  for (const jpeg_marker_struct* marker = reader.codec.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->marker != marker_exif || marker->data_length < 6) continue;
    if (std::memcmp(marker->data, "Exif\0\0", 6) != 0) continue;
    image.exif = exif_block(std::as_bytes(std::span(marker->data, marker->data_length)));
    break;
  }
}

// Whether the file has fewer bits than the component with the fewest blocks has blocks: Huffman's codes take one for
// each at least. Arithmetic ones may take less.
bool is_too_short(const jpeg_decompress_struct& codec, std::size_t bytes) {
  if (codec.arith_code != 0) return false;
  const std::span components(codec.comp_info, static_cast<std::size_t>(codec.num_components));
  return std::ranges::all_of(components, [bytes](const jpeg_component_info& component) {
    return std::size_t{component.width_in_blocks} * component.height_in_blocks / 8 > bytes;
  });
}

void set_output(jpeg_decompress_struct& codec) {
  switch (codec.jpeg_color_space) {
    case JCS_GRAYSCALE:
      codec.out_color_space = JCS_GRAYSCALE;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      codec.out_color_space = JCS_CMYK;
      break;
    default:
      codec.out_color_space = JCS_RGB;
  }
}

std::vector<std::uint8_t> read_rows(Reader& reader) {
  jpeg_decompress_struct& codec = reader.codec;
  reader.run([&] {
    set_output(codec);
    jpeg_start_decompress(&codec);
  });
  const std::size_t row_size = std::size_t{codec.output_width} * static_cast<std::size_t>(codec.output_components);
  std::vector<std::uint8_t> pixels(row_size * codec.output_height);
  JSAMPROW row = pixels.data();
  reader.run([&] {
    while (codec.output_scanline < codec.output_height) {
      if (jpeg_read_scanlines(&codec, &row, 1) == 1) row += row_size;
    }
    jpeg_finish_decompress(&codec);
  });
  return pixels;
}

struct Writer {
  ErrorManager errors;
  jpeg_compress_struct codec{};
  unsigned char* memory = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type

  Writer() {
    codec.err = prepare(errors);
    run([&] {
      jpeg_create_compress(&codec);
      jpeg_mem_dest(&codec, &memory, &size);
    });
  }
  ~Writer() {
    jpeg_destroy_compress(&codec);
    Free()(memory);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class Step>
  void run(Step step) {
    if (!guarded(errors, step)) throw Error(fmt::format("libjpeg says: {}", errors.message.data()));
  }
};

void start(jpeg_compress_struct& codec, const Image& image, const JpegOptions& options) {
  codec.image_width = static_cast<JDIMENSION>(image.width);
  codec.image_height = static_cast<JDIMENSION>(image.height);
  codec.input_components = image.channels;
  codec.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, options.quality, TRUE);
  // Samples of luma for one of chroma along each axis; a gray picture has no chroma.
  const int luma = options.halve_chroma && image.channels == 3 ? 2 : 1;
  codec.comp_info[0].h_samp_factor = luma;
  codec.comp_info[0].v_samp_factor = luma;
  codec.optimize_coding = TRUE;
  jpeg_start_compress(&codec, TRUE);
}

}  // namespace

bool is_jpeg(std::span<const std::byte> file) {
  return file.size() >= 3 && std::memcmp(file.data(), "\xFF\xD8\xFF", 3) == 0;
}

Image decode_jpeg(std::span<const std::byte> file, const ReadLimits& limits) {
  Reader reader(file);
  jpeg_decompress_struct& codec = reader.codec;
  reader.run([&] { jpeg_read_header(&codec, TRUE); });
  check_size(codec.image_width, codec.image_height, codec.num_components, limits);
  if (is_too_short(codec, file.size())) throw Error("is truncated");
  Image image;
  read_metadata(reader, image);
  std::vector<std::uint8_t> pixels = read_rows(reader);
  if (codec.out_color_space == JCS_CMYK) {
    pixels = cmyk_to_rgb(pixels, codec.saw_Adobe_marker != 0, image.icc);
    image.icc.clear();
  }
  image.width = static_cast<int>(codec.output_width);
  image.height = static_cast<int>(codec.output_height);
  image.channels = codec.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  image.samples.resize(image.plane_size() * static_cast<std::size_t>(image.channels));
  set_samples(image, pixels);
  return image;
}

void check_jpeg(int width, int height, int channels) {
  if (channels == 2 || channels == 4) throw Error("JPEG holds no transparency; name a .png instead");
  if (width > most_jpeg_side || height > most_jpeg_side) {
    throw Error(fmt::format("JPEG holds at most {} pixels a side; name a .png instead", most_jpeg_side));
  }
}

Bytes encode_jpeg(const Image& image) {
  return encode_jpeg(image, {});
}

Bytes encode_jpeg(const Image& image, const JpegOptions& options) {
  check_jpeg(image.width, image.height, image.channels);
  const std::span<const std::byte> profile = fitting_profile(image);
  std::vector<std::uint8_t> exif;
  if (!image.exif.empty() && image.exif.size() + 6 <= most_marker_bytes) {  // a larger block fits no segment
    exif = {'E', 'x', 'i', 'f', 0, 0};
    for (const std::byte b : image.exif) exif.push_back(std::to_integer<std::uint8_t>(b));
  }
  std::vector<std::uint8_t> pixels = to_eight_bit(image);
  const std::size_t row_size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  Writer writer;
  writer.run([&] {
    start(writer.codec, image, options);
    if (!exif.empty()) jpeg_write_marker(&writer.codec, marker_exif, exif.data(), static_cast<unsigned>(exif.size()));
    if (!profile.empty()) {
      jpeg_write_icc_profile(&writer.codec, reinterpret_cast<const JOCTET*>(profile.data()),
                             static_cast<unsigned>(profile.size()));
    }
    for (JSAMPROW row = pixels.data(); writer.codec.next_scanline < writer.codec.image_height; row += row_size) {
      jpeg_write_scanlines(&writer.codec, &row, 1);
    }
    jpeg_finish_compress(&writer.codec);
  });
  const auto bytes = std::as_bytes(std::span(writer.memory, writer.size));
  return {bytes.begin(), bytes.end()};
}

}  // namespace dipper
