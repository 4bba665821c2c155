// SPDX-License-Identifier: Apache-2.0
#include "report/still.hpp"

#include <webp/encode.h>

#include <algorithm>
#include <memory>
#include <new>
#include <span>

#include "report/canvas.hpp"

namespace dipper {
namespace {

struct Free {
  void operator()(std::uint8_t* data) const { WebPFree(data); }
};

// A side, where the longer one becomes `size`.
int scaled(int side, int longer, int size) {
  return longer <= size ? side : std::max(1, static_cast<int>(static_cast<long long>(side) * size / longer));
}

}  // namespace

std::vector<std::byte> still(const Image& picture, int size, float quality) {
  const int longer = std::max(picture.width, picture.height);
  const Canvas canvas = display(picture, scaled(picture.width, longer, size), scaled(picture.height, longer, size));
  std::uint8_t* made = nullptr;
  const std::size_t length =
      quality > 100 ? WebPEncodeLosslessRGB(canvas.rgb.data(), canvas.width, canvas.height, 3 * canvas.width, &made)
                    : WebPEncodeRGB(canvas.rgb.data(), canvas.width, canvas.height, 3 * canvas.width, quality, &made);
  const std::unique_ptr<std::uint8_t, Free> freed(made);
  if (length == 0) throw std::bad_alloc();
  const auto bytes = std::as_bytes(std::span(made, length));
  return {bytes.begin(), bytes.end()};
}

}  // namespace dipper
