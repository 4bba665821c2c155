// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/cuda/instructions.cuh"

/// The tensor cores' factors and a warp's products in each arithmetic.
namespace dipper::cuda {

__device__ inline Piece rounded_to_tf32(Piece piece) {
  return {rounded_to_tf32(__uint_as_float(piece.x)), rounded_to_tf32(__uint_as_float(piece.y)),
          rounded_to_tf32(__uint_as_float(piece.z)), rounded_to_tf32(__uint_as_float(piece.w))};
}

/// A factor as the tensor cores take it.
template <Arithmetic arithmetic, int count>
struct Factor {
  std::uint32_t high[count];
  std::uint32_t low[arithmetic == Arithmetic::f32 ? count : 1];  // what rounding left

  __device__ explicit Factor(const std::uint32_t* words) {
#pragma unroll
    for (int i = 0; i < count; ++i) {
      if constexpr (arithmetic == Arithmetic::f32) {
        const float value = __uint_as_float(words[i]);
        high[i] = rounded_to_tf32(value);
        low[i] = __float_as_uint(value - __uint_as_float(high[i]));
      } else {
        high[i] = words[i];
      }
    }
  }
};

template <Arithmetic arithmetic>
__device__ inline void multiply_add(float (&c)[4], const Factor<arithmetic, 4>& a, const Factor<arithmetic, 2>& b) {
  if constexpr (arithmetic == Arithmetic::f32) {
    multiply<Arithmetic::tf32>(c, a.low, b.high);
    multiply<Arithmetic::tf32>(c, a.high, b.low);
    multiply<Arithmetic::tf32>(c, a.high, b.high);
  } else {
    multiply<arithmetic>(c, a.high, b.high);
  }
}

/// Two ones, or one of 32 bits.
template <Arithmetic arithmetic>
inline constexpr std::uint32_t one = arithmetic == Arithmetic::bf16
                                         ? 0x3F803F80U
                                         : (arithmetic == Arithmetic::fp16 ? 0x3C003C00U : 0x3F800000U);

/// A piece of a factor on its way to the tensor cores.
template <Arithmetic arithmetic>
__device__ inline Piece as_factor(Piece piece) {
  return arithmetic == Arithmetic::tf32 ? rounded_to_tf32(piece) : piece;
}

/// A normaliser's blocks in shared memory: for each channel what multiplies x and what is added then.
template <class T>
__device__ inline void load_norm(const Normaliser& from, int first_block, int blocks, float2* to) {
  for (int i = threadIdx.x; i < blocks * lanes<T>; i += blockDim.x) {
    const int c = first_block * lanes<T> + i;
    const bool is_one = c < from.channels;
    const float scale = is_one ? from.norm[from.channels + c] : 0;
    to[i] = {scale, is_one ? from.norm[2 * from.channels + c] - from.norm[c] * scale : 0};
  }
}

/// One block of such a table in registers.
template <class T>
struct QuickNorm {
  float2 at[lanes<T>];
  float slope;

  __device__ QuickNorm(const float2* table, int block, float leak) : slope(leak) {
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) at[i] = table[block * lanes<T> + i];
  }

  __device__ Piece operator()(Piece piece) const {
    Lanes<T> x = unpack<T>(piece);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      const float t = fmaf(x.at[i], at[i].x, at[i].y);
      x.at[i] = fmaxf(t, t * slope);  // slopes are at most 1
    }
    return pack<T>(x);
  }
};

}  // namespace dipper::cuda
