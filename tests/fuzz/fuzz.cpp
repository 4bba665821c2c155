// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"

#include <algorithm>
#include <cstdint>

#include "base/check.hpp"
#include "dipper/error.hpp"
#include "image/codec.hpp"
#include "image/io.hpp"

namespace dipper::fuzz {

void read_and_write(std::string_view format, std::span<const std::byte> file) {
  const Codec& codec = *std::ranges::find(codecs(), format, &Codec::name);
  if (!codec.recognises(file)) return;
  const Image image = decode_image(file, limits);
  DIPPER_CHECK_EQ(image.samples.size(), image.plane_size() * static_cast<std::size_t>(image.channels));
  constexpr std::size_t small = 200;  // pixels: to write takes long
  if (image.plane_size() <= small) static_cast<void>(codec.encode(image));
}

}  // namespace dipper::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  try {
    dipper::fuzz::take(std::as_bytes(std::span(bytes, size)));
  } catch (const dipper::Error& error) {
    DIPPER_CHECK(!std::string_view(error.what()).empty());
  }
  return 0;
}
