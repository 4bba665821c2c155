// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "image/codec.hpp"

namespace dipper {
namespace {

constexpr std::array<std::string_view, 1> png{".png"};
constexpr std::array<std::string_view, 2> jpeg{".jpg", ".jpeg"};
constexpr std::array<std::string_view, 1> webp{".webp"};
constexpr std::array<std::string_view, 2> tiff{".tif", ".tiff"};

void takes_every_shape(int /*width*/, int /*height*/, int /*channels*/) {}

constexpr std::array<Codec, 4> table{{
    {"PNG", png, is_png, decode_png, takes_every_shape, encode_png},
    {"JPEG", jpeg, is_jpeg, decode_jpeg, check_jpeg, encode_jpeg},
    {"WebP", webp, is_webp, decode_webp, check_webp, encode_webp},
    {"TIFF", tiff, is_tiff, decode_tiff, takes_every_shape, encode_tiff},
}};

}  // namespace

std::span<const Codec> codecs() {
  return table;
}

}  // namespace dipper
