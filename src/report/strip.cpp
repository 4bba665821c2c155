// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "dipper/error.hpp"
#include "dipper/report.hpp"
#include "report/canvas.hpp"

namespace dipper {
namespace {

int scaled_width(const Image& image, int height) {
  const auto width = (static_cast<std::int64_t>(image.width) * height + image.height / 2) / image.height;
  return static_cast<int>(std::max<std::int64_t>(1, width));
}

Canvas fitted(const Image& image, int height) {
  if (image.empty()) throw Error("a strip cannot show a picture without pixels");
  if (height <= 0 || height >= image.height) return display(image, image.width, image.height);
  return display(image, scaled_width(image, height), height);
}

// Copies the canvas's first channels into the strip, its left edge at `left`, centred from top to bottom.
void paste(const Canvas& canvas, int left, Image& strip) {
  const int top = (strip.height - canvas.height) / 2;
  for (int channel = 0; channel < strip.channels; ++channel) {
    const std::span<float> plane = strip.plane(channel);
    for (int row = 0; row < canvas.height; ++row) {
      const std::uint8_t* from = canvas.rgb.data() + std::size_t{3} * row * canvas.width + channel;
      float* to = plane.data() + static_cast<std::size_t>(top + row) * strip.width + left;
      for (int column = 0; column < canvas.width; ++column, from += 3) to[column] = static_cast<float>(*from) / 255.0F;
    }
  }
}

}  // namespace

Image strip(std::span<const Image> pictures, int height) {
  if (pictures.empty()) throw Error("a strip needs at least one picture");
  std::vector<Canvas> canvases;
  int rows = 0;
  int columns = 0;
  bool gray = true;
  for (const Image& picture : pictures) {
    canvases.push_back(fitted(picture, height));
    rows = std::max(rows, canvases.back().height);
    columns += canvases.back().width;
    gray = gray && picture.colour_channels() == 1;
  }
  const int gap = std::clamp(rows / 64, 2, 16);
  columns += gap * static_cast<int>(canvases.size() - 1);

  Image out(columns, rows, gray ? 1 : 3, 1.0F);
  int left = 0;
  for (const Canvas& canvas : canvases) {
    paste(canvas, left, out);
    left += canvas.width + gap;
  }
  return out;
}

}  // namespace dipper
