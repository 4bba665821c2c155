// SPDX-License-Identifier: Apache-2.0
#include "image/cmyk.hpp"

#include <lcms2.h>

#include <algorithm>
#include <memory>
#include <type_traits>

namespace dipper {
namespace {

struct CloseProfile {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
struct DeleteTransform {
  void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
using Profile = std::unique_ptr<void, CloseProfile>;
using Transform = std::unique_ptr<void, DeleteTransform>;

// Null when the bytes are no CMYK profile that lcms2 can use.
Transform transform_to_srgb(std::span<const std::byte> bytes, bool inverted) {
  if (bytes.empty()) return nullptr;
  const Profile from(cmsOpenProfileFromMem(bytes.data(), static_cast<cmsUInt32Number>(bytes.size())));
  if (!from || cmsGetColorSpace(from.get()) != cmsSigCmykData) return nullptr;
  const Profile to(cmsCreate_sRGBProfile());
  return Transform(cmsCreateTransform(from.get(), inverted ? TYPE_CMYK_8_REV : TYPE_CMYK_8, to.get(), TYPE_RGB_8,
                                      INTENT_PERCEPTUAL, 0));
}

}  // namespace

std::vector<std::uint8_t> cmyk_to_rgb(std::span<const std::uint8_t> cmyk, bool inverted,
                                      std::span<const std::byte> profile) {
  const std::size_t pixels = cmyk.size() / 4;
  std::vector<std::uint8_t> rgb(pixels * 3);
  if (const Transform transform = transform_to_srgb(profile, inverted)) {
    constexpr std::size_t most = std::size_t{1} << 20;  // lcms2 counts pixels in 32 bits
    for (std::size_t first = 0; first < pixels; first += most) {
      cmsDoTransform(transform.get(), cmyk.data() + first * 4, rgb.data() + first * 3,
                     static_cast<cmsUInt32Number>(std::min(most, pixels - first)));
    }
    return rgb;
  }
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto light = [&](std::size_t ink) -> unsigned {
      return inverted ? cmyk[i * 4 + ink] : 255U - cmyk[i * 4 + ink];
    };
    for (std::size_t c = 0; c < 3; ++c) rgb[i * 3 + c] = static_cast<std::uint8_t>((light(c) * light(3) + 127) / 255);
  }
  return rgb;
}

}  // namespace dipper
