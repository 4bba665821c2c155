// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "dipper/dipper.hpp"

/// example_pictures make|check: writes what examples/inpaint.cpp reads, or looks at what it wrote.
namespace {

using dipper::Image;

constexpr int size = 40;

bool missing(int x, int y) {
  return x >= 16 && x < 20 && y >= 12 && y < 30;
}

std::size_t pixel(int x, int y) {
  return static_cast<std::size_t>(y) * size + static_cast<std::size_t>(x);
}

float shade(int channel, int x, int y) {
  return 0.5F + 0.4F * std::sin(0.15F * static_cast<float>(x + channel * y)) * std::cos(0.1F * static_cast<float>(y));
}

// `paint(channel, x, y)` for every sample.
template <class Paint>
Image painted(int channels, const Paint& paint) {
  Image image(size, size, channels);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) image.plane(c)[pixel(x, y)] = paint(c, x, y);
    }
  }
  return image;
}

void make() {
  dipper::write_image("damaged.png",
                      painted(3, [](int c, int x, int y) { return missing(x, y) ? 0.0F : shade(c, x, y); }));
  dipper::write_image("mask.png", painted(1, [](int, int x, int y) { return missing(x, y) ? 1.0F : 0.0F; }));
}

// Known pixels must be untouched, and the hole filled with something like its surroundings.
int check() {
  const Image truth = painted(3, shade);
  const Image mask = dipper::read_image("mask.png");
  const Image known = painted(1, [](int, int x, int y) { return missing(x, y) ? 0.0F : 1.0F; });
  const Image restored = dipper::read_image("restored.png");
  const double outside = dipper::psnr(restored, truth, {.mask = &known});
  const double inside = dipper::psnr(restored, truth, {.mask = &mask});
  fmt::print("known pixels {:.1f} dB, hole {:.1f} dB\n", outside, inside);
  return outside > 50 && inside > 15 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view what = count == 2 ? arguments[1] : "";
  if (what == "check") return check();
  if (what != "make") return 2;
  make();
  return 0;
}
