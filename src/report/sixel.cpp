// SPDX-License-Identifier: Apache-2.0
#include "report/sixel.hpp"

#include <sixel.h>

#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "report/dither.hpp"
#include "report/palette.hpp"

namespace dipper {
namespace {

// What libsixel writes. Nothing may be thrown through its C code, so a lack of memory is told afterwards.
struct Written {
  std::string text;
  bool complete = true;

  void append(const char* data, int size) noexcept {
    try {
      text.append(data, static_cast<std::size_t>(size));
    } catch (const std::bad_alloc&) {
      complete = false;
    }
  }
};

int write(char* data, int size, void* to) {
  static_cast<Written*>(to)->append(data, size);
  return size;
}

using Output = std::unique_ptr<sixel_output_t, decltype(&sixel_output_unref)>;
using Palette = std::unique_ptr<sixel_dither_t, decltype(&sixel_dither_unref)>;

// With canvases of ours the only failure that is left is a lack of memory.
void check(SIXELSTATUS status) {
  if (SIXEL_FAILED(status)) throw std::bad_alloc();
}

Output output_to(Written& written) {
  sixel_output_t* made = nullptr;
  check(sixel_output_new(&made, write, &written, nullptr));
  return {made, &sixel_output_unref};
}

Palette palette_of(std::span<const Colour> colours) {
  std::vector<std::uint8_t> levels;
  for (const Colour& colour : colours) levels.insert(levels.end(), colour.begin(), colour.end());
  sixel_dither_t* made = nullptr;
  check(sixel_dither_new(&made, static_cast<int>(colours.size()), nullptr));
  Palette palette(made, &sixel_dither_unref);
  sixel_dither_set_palette(made, levels.data());
  sixel_dither_set_pixelformat(made, SIXEL_PIXELFORMAT_PAL8);
  return palette;
}

}  // namespace

// libsixel can choose colours too, but it looks at some of the pixels only, and knows no white lighter than 248.
std::string sixel(const Canvas& canvas) {
  constexpr int most_colours = 256;
  constexpr int depth = 8;
  const std::vector<Colour> colours = make_palette(canvas.rgb, most_colours);
  std::vector<std::uint8_t> indices = dither(canvas, std::vector<bool>(canvas.pixels(), true), colours, 0);
  Written written;
  const Output output = output_to(written);
  const Palette palette = palette_of(colours);
  check(sixel_encode(indices.data(), canvas.width, canvas.height, depth, palette.get(), output.get()));
  if (!written.complete) throw std::bad_alloc();
  // libsixel 1.10 puts a picture that is lower than a band into the second one: the step to that is taken out.
  const std::size_t step = canvas.height < sixel_band ? written.text.find('-') : std::string::npos;
  if (step != std::string::npos) written.text.erase(step, 1);
  return std::move(written.text);
}

}  // namespace dipper
