// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

using Bytes = std::vector<std::byte>;

/// One file format. A new one is a file beside png.cpp, a declaration below and a row in codecs.cpp.
struct Codec {
  std::string_view name;
  std::span<const std::string_view> extensions;  ///< lower case, with the dot

  /// Whether a file that begins like this is one; never reads past the span.
  bool (*recognises)(std::span<const std::byte> file);

  /// The whole file to a picture as stored: an EXIF block is handed on untouched, its orientation not yet applied.
  /// Throws Error with a predicate ("is truncated"): the caller puts the file's name before it. No memory is taken for
  /// what a header claims before that is held against the limits and the size of the file.
  Image (*decode)(std::span<const std::byte> file, const ReadLimits& limits);

  /// Throws Error with a sentence when the format cannot hold a picture of this shape.
  void (*check)(int width, int height, int channels);

  /// The whole file for a valid picture. Throws Error with a sentence when the format cannot hold it, as check does.
  Bytes (*encode)(const Image& image);
};

/// All formats, in the order in which they are asked to recognise a file.
[[nodiscard]] std::span<const Codec> codecs();

[[nodiscard]] bool is_png(std::span<const std::byte> file);
[[nodiscard]] Image decode_png(std::span<const std::byte> file, const ReadLimits& limits = {});
[[nodiscard]] Bytes encode_png(const Image& image);

/// The same picture, made several times faster, as a somewhat larger file.
[[nodiscard]] Bytes encode_png_fast(const Image& image);

[[nodiscard]] bool is_jpeg(std::span<const std::byte> file);
[[nodiscard]] Image decode_jpeg(std::span<const std::byte> file, const ReadLimits& limits = {});
void check_jpeg(int width, int height, int channels);
[[nodiscard]] Bytes encode_jpeg(const Image& image);

/// How a JPEG is compressed.
struct JpegOptions {
  int quality = 95;           ///< 1 to 100
  bool halve_chroma = false;  ///< 4:2:0, as cameras and the web have it, instead of 4:4:4
};
[[nodiscard]] Bytes encode_jpeg(const Image& image, const JpegOptions& options);
inline constexpr int most_jpeg_side = 65500;  ///< pixels

[[nodiscard]] bool is_webp(std::span<const std::byte> file);
[[nodiscard]] Image decode_webp(std::span<const std::byte> file, const ReadLimits& limits = {});
void check_webp(int width, int height, int channels);
[[nodiscard]] Bytes encode_webp(const Image& image);

[[nodiscard]] bool is_tiff(std::span<const std::byte> file);
[[nodiscard]] Image decode_tiff(std::span<const std::byte> file, const ReadLimits& limits = {});
[[nodiscard]] Bytes encode_tiff(const Image& image);

}  // namespace dipper
