// SPDX-License-Identifier: Apache-2.0
// The register-blocked kernels that every convolution pass runs on; compiled once for each instruction set.
#if defined(DIPPER_CPU_GEMM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_GEMM_INL
#undef DIPPER_CPU_GEMM_INL
#else
#define DIPPER_CPU_GEMM_INL
#endif

#include <hwy/cache_control.h>

#include "kernels/cpu/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A block of outputs. It is multiplied 8 rows (output channels) by 2 vectors at a time, which reads b least often, or
/// 4 by 4 where fewer rows are left; AVX2's registers hold 4 by 2.
inline constexpr int block_rows = 8;
inline constexpr int block_vectors = many_registers ? 4 : 2;
inline constexpr std::size_t block_width = block_vectors * lanes;
static_assert(block_width <= read_ahead);

/// The two factors of a sum of products: output(row, lane) = sum over k of a[row * a_row + a_at[k]] * b[b_at[k] +
/// lane]. Both sides are lists of offsets, so that a convolution needs no copy in matrix form: k runs over channels and
/// kernel positions, b is a band of padded rows, and each vector of a block may lie in another row.
struct Product {
  const float* a = nullptr;
  std::size_t a_row = 0;
  const int* a_at = nullptr;
  const int* b_at = nullptr;
  int depth = 0;  // number of products
};

/// tile[row][block_width] = start[row] + the sums for `Rows` rows and `Vectors` vectors; b[n] is where vector n begins.
template <int Rows, int Vectors>
HWY_NOINLINE void multiply(const Product& p, const float* const* b, const float* start, float* tile) {
  V sum[Rows][Vectors];
  for (int row = 0; row < Rows; ++row) {
    for (int n = 0; n < Vectors; ++n) sum[row][n] = splat(start == nullptr ? 0.0F : start[row]);
  }
  const float* const a = p.a;
  const std::size_t a_row = p.a_row;
  const float* from[Vectors];
  for (int n = 0; n < Vectors; ++n) from[n] = b[n];
  for (int k = 0; k < p.depth; ++k) {
    V value[Vectors];
    for (int n = 0; n < Vectors; ++n) value[n] = load_shared(from[n] + p.b_at[k]);
    const float* at = a + p.a_at[k];
    for (int row = 0; row < Rows; ++row, at += a_row) {
      const V factor = splat(*at);
      for (int n = 0; n < Vectors; ++n) sum[row][n] = hn::MulAdd(factor, value[n], sum[row][n]);
    }
  }
  for (int row = 0; row < Rows; ++row) {
    for (int n = 0; n < Vectors; ++n) store(sum[row][n], tile + row * block_width + n * lanes);
  }
}

/// The same for a block of 1 to block_rows rows, of which the first `vectors` vectors are wanted.
HWY_INLINE void multiply_rows(int rows, int vectors, Product p, const float* const* b, const float* start,
                              float* tile) {
  if (rows == block_rows && (many_registers || vectors == 1)) {
    int n = 0;
    for (; n + 2 <= vectors; n += 2) multiply<block_rows, 2>(p, b + n, start, tile + n * lanes);
    if (n < vectors) multiply<block_rows, 1>(p, b + n, start, tile + n * lanes);
    return;
  }
  for (; rows > 0; rows -= 4, p.a += 4 * p.a_row, tile += 4 * block_width) {
    switch (rows) {
      case 1:
        return multiply<1, block_vectors>(p, b, start, tile);
      case 2:
        return multiply<2, block_vectors>(p, b, start, tile);
      case 3:
        return multiply<3, block_vectors>(p, b, start, tile);
      default:
        multiply<4, block_vectors>(p, b, start, tile);
        break;
    }
    if (start != nullptr) start += 4;
  }
}

/// A block of a dense product: 8 rows by 2 vectors, or 4 by 2 with AVX2's registers.
inline constexpr int dense_rows = many_registers ? 8 : 4;
inline constexpr int dense_vectors = 2;

/// c[row][lane] = the sum over k of a[row * a_row + k] * b[k * b_step + lane] for `Vectors` vectors of lanes, or that
/// added to c: the dense form of multiply, for rows that follow each other evenly. The sum goes on over `repeats` runs
/// of k, where a and b begin a repeat further each time.
struct DenseProduct {
  const float* a;
  std::size_t a_row;
  const float* b;
  std::size_t b_step;
  int depth;
  int repeats = 1;
  std::size_t a_repeat = 0;
  std::size_t b_repeat = 0;
  float* c = nullptr;
  std::size_t c_row;
  Write write;
};

template <int Rows, int Vectors>
HWY_NOINLINE void multiply_dense(const DenseProduct& p, int first) {
  float* const c = p.c + first * p.c_row;
  V sum[Rows][Vectors];
  for (int row = 0; row < Rows; ++row) {
    for (int n = 0; n < Vectors; ++n) {
      sum[row][n] = p.write == Write::accumulate ? load(c + row * p.c_row + n * lanes) : hn::Zero(D());
    }
  }
  if (p.write == Write::accumulate) {
    for (int row = 0; row < Rows; ++row) hwy::Prefetch(c + (Rows + row) * p.c_row);  // the next block's
  }
  const std::size_t a_row = p.a_row;
  for (int repeat = 0; repeat < p.repeats; ++repeat) {
    const float* a = p.a + first * p.a_row + repeat * p.a_repeat;
    const float* b = p.b + repeat * p.b_repeat;
    for (int k = 0; k < p.depth; ++k, b += p.b_step, ++a) {
      V value[Vectors];
      for (int n = 0; n < Vectors; ++n) value[n] = load_shared(b + n * lanes);
      for (int row = 0; row < Rows; ++row) {
        const V factor = splat(a[row * a_row]);
        for (int n = 0; n < Vectors; ++n) sum[row][n] = hn::MulAdd(factor, value[n], sum[row][n]);
      }
    }
  }
  for (int row = 0; row < Rows; ++row) {
    for (int n = 0; n < Vectors; ++n) store(sum[row][n], c + row * p.c_row + n * lanes);
  }
}

/// The same for any number of rows.
template <int Vectors>
inline void multiply_dense_rows(int rows, const DenseProduct& p) {
  int row = 0;
  for (; row + dense_rows <= rows; row += dense_rows) multiply_dense<dense_rows, Vectors>(p, row);
  for (; row + 4 <= rows; row += 4) multiply_dense<4, Vectors>(p, row);
  for (; row + 2 <= rows; row += 2) multiply_dense<2, Vectors>(p, row);
  for (; row < rows; ++row) multiply_dense<1, Vectors>(p, row);
}

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
