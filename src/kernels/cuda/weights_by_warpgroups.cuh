// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/weight_tiles.cuh"

namespace dipper::cuda {

/// By products of whole warpgroups, of 16 bits alone: each has 64 channels of a, in registers, and n of b, which the
/// tensor cores read from the patch.
template <Arithmetic arithmetic, int taps_at_once, int n, int warpgroups>
struct WeightsByWarpgroups : Tiles<arithmetic, taps_at_once, 64 * warpgroups, n, 128, 128 * warpgroups> {
  using Base = Tiles<arithmetic, taps_at_once, 64 * warpgroups, n, 128, 128 * warpgroups>;
  using Base::a_blocks, Base::p, Base::step_pixels, Base::steps, Base::tap_count;
  using Sums = float[taps_at_once][n / 8][4];
  static constexpr bool by_warpgroup = true;

  using Base::Base;

  __device__ void run() const {
    this->make_tables();
    Sums sums = {};
    float of_a[4] = {};
    this->for_each_tile([&](const Piece* a) { begin_multiply(a, sums, of_a); }, [] { wait_for_products(); });
    write(sums, of_a);
  }

  // All taps, also those that a smaller kernel does not have: nobody reads their sums.
  __device__ void begin_multiply(const Piece* a, Sums& sums, float (&of_a)[4]) const {
    std::uint32_t words[steps][4];
#pragma unroll
    for (int step = 0; step < steps; ++step) load_a(a, step, words[step]);
    if (this->has_bias()) add_bias(words, of_a);
    const Piece* const b = a + a_blocks * p.cut.a_stride;
    const int next_pixels = p.column_bits == 4 ? 8 : p.stride * this->across;
    const std::uint64_t patch = matrix_at(b, next_pixels, p.cut.patch_stride);
    begin_products();
#pragma unroll
    for (int tap = 0; tap < taps_at_once; ++tap) {
      const std::uint64_t moved = patch + (tap < tap_count ? this->moved(tap) : 0);
#pragma unroll
      for (int step = 0; step < steps; ++step) {
        multiply_transposed<arithmetic, n>(sums[tap], words[step], moved + this->patch_place(step * step_pixels));
      }
    }
    commit_products();
  }

  // A warp's 16 channels times 16 pixels, which lie the other way round.
  __device__ void load_a(const Piece* a, int step, std::uint32_t (&words)[4]) const {
    const int lane = threadIdx.x % 32;
    const int block = static_cast<int>(threadIdx.x) / 32 * 2 + lane / 8 % 2;
    load_matrices_transposed(words, a + block * p.cut.a_stride + step * step_pixels + lane / 16 * 8 + lane % 8);
  }

  // The sum of a alone is its product with ones.
  __device__ static void add_bias(const std::uint32_t (&words)[steps][4], float (&of_a)[4]) {
    constexpr std::uint32_t ones[2] = {one<arithmetic>, one<arithmetic>};
    const Factor<arithmetic, 2> factor(ones);
#pragma unroll
    for (int step = 0; step < steps; ++step) {
      multiply_add<arithmetic>(of_a, Factor<arithmetic, 4>(words[step]), factor);
    }
  }

  __device__ void write(const Sums& sums, const float (&of_a)[4]) const {
    const int lane = threadIdx.x % 32;
    const int first = static_cast<int>(threadIdx.x) / 32 * 16 + lane / 4;
    float* const to = this->place_in_slice();
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int m = first + 8 * half;
#pragma unroll
      for (int tap = 0; tap < taps_at_once; ++tap) {
        if (tap >= tap_count) break;
        float* const row = to + (static_cast<std::size_t>(tap) * padded_a(p.cut) + m) * padded_b(p.cut) + lane % 4 * 2;
#pragma unroll
        for (int t = 0; t < n / 8; ++t) {
          *reinterpret_cast<float2*>(row + 8 * t) = {sums[tap][t][2 * half], sums[tap][t][2 * half + 1]};
        }
      }
      if (this->has_bias() && lane % 4 == 0) this->bias_in_slice()[m] = of_a[2 * half];
    }
  }
};

}  // namespace dipper::cuda
