// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include <cuda_runtime.h>

/// Of CUDA's float16 what the kernels use.
struct __half {
  std::uint16_t word;

  static std::uint16_t rounded(float value) { return std::bit_cast<std::uint16_t>(static_cast<_Float16>(value)); }

  operator float() const { return static_cast<float>(std::bit_cast<_Float16>(word)); }
};

struct alignas(4) __half2 {
  __half x, y;
};

inline __half2 __floats2half2_rn(float low, float high) {
  return {{__half::rounded(low)}, {__half::rounded(high)}};
}
inline float2 __half22float2(__half2 both) {
  return {both.x, both.y};
}
