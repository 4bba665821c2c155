// SPDX-License-Identifier: Apache-2.0
#include "image/exif.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "image/orient.hpp"

namespace dipper {
namespace {

// TIFF 6.0, section 2: a header (byte order, 42, offset of the first directory), then directories of 12-byte entries
// (tag, type, count, value).
struct Block {
  std::span<const std::byte> bytes;
  bool little = true;

  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t size) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t index = little ? size - 1 - i : i;
      value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + index]);
    }
    return value;
  }
};

// What a block says of its orientation.
struct Orientation {
  int value = 1;
  std::size_t at = 0;  // of its two bytes; 0 when the block holds none
  bool little = true;
};

std::optional<Orientation> find_orientation(std::span<const std::byte> exif) {
  constexpr std::uint32_t tag_orientation = 274;
  constexpr std::uint32_t type_short = 3;
  constexpr std::size_t entry_size = 12;
  if (exif.size() < 8) return std::nullopt;
  Block block{exif};
  if (std::memcmp(exif.data(), "MM\0*", 4) == 0) {
    block.little = false;
  } else if (std::memcmp(exif.data(), "II*\0", 4) != 0) {
    return std::nullopt;
  }
  const std::size_t directory = block.number(4, 4);
  if (directory < 8 || directory > exif.size() - 2) return std::nullopt;
  const std::size_t entries = block.number(directory, 2);
  if (entries * entry_size > exif.size() - 2 - directory) return std::nullopt;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + i * entry_size;
    if (block.number(at, 2) != tag_orientation) continue;
    if (block.number(at + 2, 2) != type_short || block.number(at + 4, 4) != 1) continue;
    const std::uint32_t value = block.number(at + 8, 2);
    return Orientation{value >= 1 && value <= 8 ? static_cast<int>(value) : 1, at + 8, block.little};
  }
  return Orientation{};
}

}  // namespace

std::vector<std::byte> exif_block(std::span<const std::byte> stored) {
  constexpr std::size_t marker = 6;
  if (stored.size() >= marker && std::memcmp(stored.data(), "Exif\0\0", marker) == 0) stored = stored.subspan(marker);
  return {stored.begin(), stored.end()};
}

int exif_orientation(std::span<const std::byte> exif) {
  const std::optional<Orientation> found = find_orientation(exif);
  return found ? found->value : 0;
}

void reset_exif_orientation(std::span<std::byte> exif) {
  const std::optional<Orientation> found = find_orientation(exif);
  if (!found || found->at == 0) return;
  exif[found->at] = std::byte{found->little ? std::uint8_t{1} : std::uint8_t{0}};
  exif[found->at + 1] = std::byte{found->little ? std::uint8_t{0} : std::uint8_t{1}};
}

Image upright(Image image) {
  if (image.exif.empty()) return image;
  const int orientation = exif_orientation(image.exif);
  if (orientation == 0) {
    image.exif.clear();
    return image;
  }
  reset_exif_orientation(image.exif);
  return oriented(std::move(image), orientation);
}

}  // namespace dipper
