// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/weight_tiles.cuh"

namespace dipper::cuda {

/// By products of single warps: each has 16 a_tiles channels of a and all 8 b_tiles of b; warps_a of the four warps
/// share out a's channels, and the others the pixels.
template <Arithmetic arithmetic, int taps_at_once, int b_tiles, int a_tiles, int warps_a, int pixels>
struct WeightsByWarps : Tiles<arithmetic, taps_at_once, 16 * a_tiles * warps_a, 8 * b_tiles, pixels, 128> {
  using Base = Tiles<arithmetic, taps_at_once, 16 * a_tiles * warps_a, 8 * b_tiles, pixels, 128>;
  using Base::a_blocks, Base::a_size, Base::b_size, Base::p, Base::step_pixels, Base::steps, Base::tap_count,
      Base::threads;
  static constexpr bool by_warpgroup = false;
  static constexpr int warps_k = 4 / warps_a;
  using Sums = float[taps_at_once][b_tiles][a_tiles][4];

  using Base::Base;

  __device__ void run() const {
    this->make_tables();
    Sums sums = {};
    float of_a[a_tiles][4] = {};
    this->for_each_tile([&](const Piece* a) { multiply(a, sums, of_a); }, [] {});
    write(sums, of_a);
  }

  __device__ void multiply(const Piece* a, Sums& sums, float (&of_a)[a_tiles][4]) const {
    const Piece* const b = a + a_blocks * p.cut.a_stride;
    const int warp = threadIdx.x / 32;
    int offsets[taps_at_once];
#pragma unroll
    for (int tap = 0; tap < taps_at_once; ++tap) offsets[tap] = tap < tap_count ? this->moved(tap) : 0;
#pragma unroll 1
    for (int step = warp / warps_a; step < steps; step += warps_k) {
      std::uint32_t a_words[a_tiles][4];
#pragma unroll
      for (int i = 0; i < a_tiles; ++i) load_a(a, warp % warps_a * a_tiles + i, step, a_words[i]);
      if (this->has_bias()) add_bias(a_words, of_a);
#pragma unroll
      for (int tap = 0; tap < taps_at_once; ++tap) {
        multiply_tap(b + offsets[tap], step, a_words, sums[tap]);  // nobody reads those beyond the last
      }
    }
  }

  // Sixteen channels times step_pixels pixels, which lie the other way round.
  __device__ void load_a(const Piece* a, int tile, int step, std::uint32_t (&words)[4]) const {
    const int lane = threadIdx.x % 32;
    if constexpr (is_narrow<arithmetic>) {
      load_matrices_transposed(
          words, a + (2 * tile + lane / 8 % 2) * p.cut.a_stride + step * step_pixels + lane / 16 * 8 + lane % 8);
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int channel = tile * 16 + lane / 4 + i % 2 * 8;
        const int pixel = step * step_pixels + lane % 4 + i / 2 * 4;
        words[i] = word(a, channel / 4 * p.cut.a_stride + pixel, channel % 4);
      }
    }
  }

  __device__ static std::uint32_t word(const Piece* from, int piece, int lane) {
    return reinterpret_cast<const std::uint32_t*>(from + piece)[lane];
  }

  __device__ void multiply_tap(const Piece* b, int step, const std::uint32_t (&a_words)[a_tiles][4],
                               float (&sums)[b_tiles][a_tiles][4]) const {
    const int lane = threadIdx.x % 32;
    if constexpr (is_narrow<arithmetic>) {
      const int place = this->patch_place(step * step_pixels + lane / 8 % 2 * 8 + lane % 8);
#pragma unroll
      for (int t = 0; t < b_tiles; t += 2) {
        std::uint32_t words[4];
        load_matrices_transposed(words, b + (t + lane / 16) * p.cut.patch_stride + place);
        multiply_tile(a_words, words, sums[t]);
        multiply_tile(a_words, words + 2, sums[t + 1]);
      }
    } else {
      const int first = this->patch_place(step * step_pixels + lane % 4);
      const int second = this->patch_place(step * step_pixels + lane % 4 + 4);
#pragma unroll
      for (int t = 0; t < b_tiles; ++t) {
        const int channel = t * 8 + lane / 4;
        const int block = channel / 4 * p.cut.patch_stride;
        const std::uint32_t words[2] = {word(b, block + first, channel % 4), word(b, block + second, channel % 4)};
        multiply_tile(a_words, words, sums[t]);
      }
    }
  }

  __device__ static void multiply_tile(const std::uint32_t (&a_words)[a_tiles][4], const std::uint32_t* b_words,
                                       float (&sums)[a_tiles][4]) {
    const Factor<arithmetic, 2> b(b_words);
#pragma unroll
    for (int i = 0; i < a_tiles; ++i) multiply_add<arithmetic>(sums[i], Factor<arithmetic, 4>(a_words[i]), b);
  }

  // The sum of a alone is its product with ones.
  __device__ static void add_bias(const std::uint32_t (&a_words)[a_tiles][4], float (&of_a)[a_tiles][4]) {
    const std::uint32_t ones[2] = {one<arithmetic>, one<arithmetic>};
    multiply_tile(a_words, ones, of_a);
  }

  // Warps that share the pixels add their sums one after the other.
  __device__ void write(const Sums& sums, const float (&of_a)[a_tiles][4]) const {
    if constexpr (warps_k == 1) {
      put_sums(sums, of_a, this->place_in_slice(), padded_a(p.cut), padded_b(p.cut), this->bias_in_slice(), false);
    } else {
      auto* const together = reinterpret_cast<float*>(this->shared);
      float* const bias = together + taps_at_once * a_size * b_size;
      for (int warp = 0; warp < warps_k; ++warp) {
        if (static_cast<int>(threadIdx.x) / 32 / warps_a == warp) {
          put_sums(sums, of_a, together, a_size, b_size, bias, warp > 0);
        }
        __syncthreads();
      }
      float* const to = this->place_in_slice();
      for (int i = threadIdx.x; i < tap_count * a_size * b_size; i += threads) {
        const std::size_t m = i / (a_size * b_size) * padded_a(p.cut) + i / b_size % a_size;
        to[m * padded_b(p.cut) + i % b_size] = together[i];
      }
      if (!this->has_bias()) return;
      for (int i = threadIdx.x; i < a_size; i += threads) this->bias_in_slice()[i] = bias[i];
    }
  }

  // to: [tap][rows][columns], of which this thread block has the first a_size and b_size.
  __device__ void put_sums(const Sums& sums, const float (&of_a)[a_tiles][4], float* to, int rows, int columns,
                           float* bias, bool add) const {
    const int lane = threadIdx.x % 32;
    const int first = static_cast<int>(threadIdx.x) / 32 % warps_a * a_tiles * 16 + lane / 4;
#pragma unroll
    for (int i = 0; i < a_tiles; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int m = first + i * 16 + half * 8;
#pragma unroll
        for (int tap = 0; tap < taps_at_once; ++tap) {
          if (tap >= tap_count) break;
#pragma unroll
          for (int t = 0; t < b_tiles; ++t) {
            auto* const both = reinterpret_cast<float2*>(to + (static_cast<std::size_t>(tap) * rows + m) * columns +
                                                         t * 8 + lane % 4 * 2);
            const float2 old = add ? *both : float2{0, 0};
            *both = {old.x + sums[tap][t][i][2 * half], old.y + sums[tap][t][i][2 * half + 1]};
          }
        }
        if (this->has_bias() && lane % 4 == 0) {
          bias[m] = (add ? bias[m] : 0) + of_a[i][2 * half];
        }
      }
    }
  }
};

}  // namespace dipper::cuda
