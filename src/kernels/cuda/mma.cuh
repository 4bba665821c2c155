// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/cuda/blocks.cuh"

/// The tensor cores' products of small matrices, C[16][8] += A[16][k] B[k][8], as instructions and what a thread holds
/// of each matrix (PTX ISA, "Matrix fragments for mma"). k is two blocks of channels, whatever they are stored as.
namespace dipper::cuda {

/// How products are made: of bfloat16; of floats whose factors are rounded to 11 bits; or of floats as sums of three
/// such products, which loses no more than float32 itself (Ootomo and Yokota, "Recovering single precision accuracy
/// from Tensor Cores", 2022).
enum class Arithmetic { bf16, tf32, f32 };

template <Arithmetic arithmetic>
using Storage = std::conditional_t<arithmetic == Arithmetic::bf16, Bf16, float>;

__device__ inline std::uint32_t shared_address(const void* at) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(at));
}

/// Four 8x8 matrices of 16-bit values, or 8x4 of 32-bit ones: lane l gives where row l % 8 of matrix l / 8 lies.
__device__ inline void load_matrices(std::uint32_t (&to)[4], const Piece* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

/// The same, each transposed; of 16-bit values alone.
__device__ inline void load_matrices_transposed(std::uint32_t (&to)[4], const Piece* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

/// Copies one piece to shared memory, or writes zeros there; done after wait_for_copies().
__device__ inline void copy_piece(Piece* to, const Piece* from, bool zero) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(zero ? 0 : 16)
               : "memory");
}

__device__ inline void end_of_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

/// Until all of the calling thread's copies are done but those of the last `pending` groups.
template <int pending>
__device__ inline void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

/// To the nearest float of 11 bits.
__device__ inline std::uint32_t rounded_to_tf32(float value) {
  std::uint32_t word = 0;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(value));
  return word;
}

__device__ inline Piece rounded_to_tf32(Piece piece) {
  return {rounded_to_tf32(__uint_as_float(piece.x)), rounded_to_tf32(__uint_as_float(piece.y)),
          rounded_to_tf32(__uint_as_float(piece.z)), rounded_to_tf32(__uint_as_float(piece.w))};
}

__device__ inline void multiply_tf32(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
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
  if constexpr (arithmetic == Arithmetic::bf16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a.high[0]), "r"(a.high[1]), "r"(a.high[2]), "r"(a.high[3]), "r"(b.high[0]), "r"(b.high[1]));
  } else {
    if constexpr (arithmetic == Arithmetic::f32) {
      multiply_tf32(c, a.low, b.high);
      multiply_tf32(c, a.high, b.low);
    }
    multiply_tf32(c, a.high, b.high);
  }
}

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
