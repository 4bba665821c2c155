// SPDX-License-Identifier: Apache-2.0
#include "report/kitty.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/base64.hpp"
#include "image/codec.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

Bytes png_of(const Canvas& canvas) {
  Image image(canvas.width, canvas.height, 3);
  set_samples(image, canvas.rgb);
  return encode_png_fast(image);
}

}  // namespace

std::string kitty_picture(const Canvas& canvas, std::uint32_t id) {
  constexpr std::size_t most = 4096;  // bytes of data in one sequence, as the protocol says
  const std::string data = base64(png_of(canvas));
  // a=T: keep and show; f=100: a PNG; C=1: the cursor stays; q=2: no answer; m: whether more follows.
  std::string keys = fmt::format("a=T,f=100,i={},C=1,q=2,", id);
  std::string text;
  for (std::size_t at = 0; at < data.size(); at += most) {
    const std::string_view chunk = std::string_view(data).substr(at, most);
    text += fmt::format("\x1b_G{}m={};{}\x1b\\", keys, at + most < data.size() ? 1 : 0, chunk);
    keys.clear();
  }
  return text;
}

std::string kitty_removal(std::uint32_t id) {
  return fmt::format("\x1b_Ga=d,d=I,i={},q=2\x1b\\", id);
}

}  // namespace dipper
