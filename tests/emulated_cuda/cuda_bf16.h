// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

/// Of CUDA's bfloat16 what the kernels use.
struct __nv_bfloat16 {
  std::uint16_t word;

  // The upper half of a float, to the nearest, ties to even.
  static std::uint16_t rounded(float value) {
    const auto whole = std::bit_cast<std::uint32_t>(value);
    if ((whole & 0x7FFFFFFFU) > 0x7F800000U) return 0x7FFF;  // no number
    return static_cast<std::uint16_t>((whole + 0x7FFFU + ((whole >> 16) & 1U)) >> 16);
  }
  static float widened(std::uint16_t word) { return std::bit_cast<float>(std::uint32_t{word} << 16); }

  operator float() const { return widened(word); }
};

struct alignas(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;
};

inline __nv_bfloat162 __floats2bfloat162_rn(float low, float high) {
  return {{__nv_bfloat16::rounded(low)}, {__nv_bfloat16::rounded(high)}};
}
