// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/correlate.hpp"
#include "kernels/cuda/correlate_statistics.cuh"
#include "kernels/cuda/instructions.cuh"

namespace dipper::cuda {

inline constexpr int correlation_threads = 128;
inline constexpr int most_stages = 4;
inline constexpr int most_split_channels = 64;  // of the output, of which clusters make sums

/// What a kernel has to know beside its template's parameters.
struct CorrelationPlan {
  Correlation c;
  CorrelationTile t;
  int in_blocks;
  int out_blocks;
  int pairs;
};

/// Where the patch's pixels come from: places in a plane of x, or -1 for zeros. The columns of a stride of 2 are sorted
/// by parity, so that those that a tap needs are neighbours.
__device__ inline void find_sources(const CorrelationPlan& p, int first_row, int first_column, int* source) {
  const int across = p.t.patch_columns * p.c.stride;
  // A division of a few thousand by a few dozen is a product with a reciprocal.
  const int reciprocal = (1 << 20) / across + 1;
  for (int r = threadIdx.x; r < p.t.patch_rows * across; r += correlation_threads) {
    const int row = r * reciprocal >> 20;
    const int rest = r - row * across;
    const int parity = rest >= p.t.patch_columns ? 1 : 0;
    const int column = (rest - parity * p.t.patch_columns) * p.c.stride + parity;
    const Padding mode = p.c.reflects ? Padding::reflect : Padding::zero;
    const int i = padded_index(first_row + row, p.c.in_height, mode);
    const int j = padded_index(first_column + column, p.c.in_width, mode);
    source[r] = i < 0 || j < 0 ? -1 : i * p.c.in_width + j;
  }
}

/// How a thread block's 128 pixels and its channels are shared out. With products of warps, sixteen rows of the product
/// are sixteen pixels; a warp has a_tiles times as many, and b_tiles times eight output channels. With those of the
/// warpgroup, 64 rows are 64 pixels in rows of eight, and each warp has all the channels.
template <Arithmetic arithmetic_, int a_tiles_, int b_tiles_, int warps_across_, bool by_warpgroup_>
struct CorrelationShares {
  static constexpr Arithmetic arithmetic = arithmetic_;
  static constexpr int a_tiles = a_tiles_;
  static constexpr int b_tiles = b_tiles_;
  static constexpr int warps_across = warps_across_;
  static constexpr bool by_warpgroup = by_warpgroup_;
  static constexpr int pixels = a_tiles * 16 * (correlation_threads / 32 / warps_across);
  static constexpr int channels = b_tiles * 8 * warps_across;
  static constexpr int threads = correlation_threads;

  /// The first pixel of a warp's 16 in its tile a.
  __device__ static int first_pixel(int warp, int a) {
    return by_warpgroup ? a * 64 + warp * 16 : (warp / warps_across * a_tiles + a) * 16;
  }
};

template <class S>
struct CorrelationKernel {
  using T = Storage<S::arithmetic>;
  using Sums = float[S::a_tiles][S::b_tiles][4];

  const CorrelationPlan& p;
  const CorrelationOperands& at;
  Piece* shared;
  int phase, tile_row, tile_column, patch_size, tap_count, stage_size;
  int rank;        // in its cluster, whose thread blocks share out the pairs
  int first_pair;  // of this thread block,
  int pairs;       // and how many
  std::uint64_t* barriers;
  float2* norm;
  int* source;

  __device__ CorrelationKernel(const CorrelationPlan& plan, const CorrelationOperands& operands, Piece* memory)
      : p(plan), at(operands), shared(memory) {
    phase = blockIdx.z;
    rank = static_cast<int>(blockIdx.x) % p.t.splits;
    const int tile = static_cast<int>(blockIdx.x) / p.t.splits;
    tile_row = tile / p.t.tiles_across * (S::pixels >> p.t.column_bits);
    tile_column = tile % p.t.tiles_across << p.t.column_bits;
    const int share = ceil_div(p.pairs, p.t.splits);
    first_pair = rank * share;
    // From one lane, which shows the compiler that warps do not part.
    pairs = __shfl_sync(~0U, min(share, p.pairs - first_pair), 0);
    tap_count = __shfl_sync(~0U, p.c.taps.begin[phase + 1] - p.c.taps.begin[phase], 0);
    patch_size = p.t.patch_rows * across();
    stage_size = 2 * patch_size + 2 * p.c.kernel_area * S::channels;
    barriers = reinterpret_cast<std::uint64_t*>(shared + p.t.before_barriers);
    norm = reinterpret_cast<float2*>(barriers + most_stages);
    source = reinterpret_cast<int*>(norm + 2 * p.pairs * lanes<T>);
  }

  // From one row of the patch to the next.
  [[nodiscard]] __device__ int across() const { return p.t.patch_columns * p.c.stride; }

  // Of none beyond the last.
  __device__ void start_copies(int pair, int stage) const {
    if (pair < pairs) {
      Piece* const patch = shared + stage * stage_size;
      copy_patch(first_pair + pair, patch);
      copy_weights(first_pair + pair, patch + 2 * patch_size, barriers + stage);
    }
    end_of_copies();
  }

  __device__ void copy_patch(int pair, Piece* patch) const {
    const std::size_t plane = static_cast<std::size_t>(p.c.in_height) * p.c.in_width;
    for (int block = 0; block < 2; ++block) {
      const int from = 2 * pair + block;
      const bool beyond = from >= p.in_blocks;
      const Piece* of_block = pieces(at.x) + (beyond ? 0 : from) * plane;
      for (int r = threadIdx.x; r < patch_size; r += correlation_threads) {
        const int where = source[r];
        copy_piece(patch + block * patch_size + r, of_block + max(where, 0), beyond || where < 0);
      }
    }
  }

  __device__ void copy_weights(int pair, Piece* to, std::uint64_t* barrier) const {
    constexpr int of_tap = 2 * S::channels;
    const int first = p.c.taps.begin[phase];
    const Piece* const from =
        at.weights + (static_cast<std::size_t>(blockIdx.y) * p.pairs + pair) * p.c.kernel_area * of_tap;
    if constexpr (S::by_warpgroup) {
      if (threadIdx.x > 0 || tap_count == 0) return;
      constexpr int bytes = of_tap * static_cast<int>(sizeof(Piece));
      expect_bytes(barrier, tap_count * bytes);
      if (p.c.phases == 1) return copy_bulk(to, from, tap_count * bytes, barrier);
      for (int tap = 0; tap < tap_count; ++tap) {
        copy_bulk(to + tap * of_tap, from + p.c.taps.index[first + tap] * of_tap, bytes, barrier);
      }
    } else {
      for (int i = threadIdx.x; i < tap_count * of_tap; i += correlation_threads) {
        copy_piece(to + i, from + p.c.taps.index[first + i / of_tap] * of_tap + i % of_tap, false);
      }
    }
  }

  // Of the pieces that this very thread has copied.
  __device__ void finish_patch(int pair, int stage) const {
    if (at.normalise.norm != nullptr || S::arithmetic == Arithmetic::tf32) {
      for (int block = 0; block < 2; ++block) {
        Piece* const patch = shared + stage * stage_size + block * patch_size;
        const QuickNorm<T> quick(norm, 2 * (first_pair + pair) + block, at.normalise.slope);
        for (int r = threadIdx.x; r < patch_size; r += correlation_threads) {
          Piece piece = patch[r];
          if (at.normalise.norm != nullptr && source[r] >= 0) piece = quick(piece);
          patch[r] = as_factor<S::arithmetic>(piece);
        }
      }
    }
    if constexpr (S::by_warpgroup) publish_to_tensor_cores();
  }

  __device__ void run() const {
    const int first_row = tile_row * p.c.stride + p.c.taps.low_row[phase];
    const int first_column = tile_column * p.c.stride + p.c.taps.low_column[phase];
    find_sources(p, first_row, first_column, source);
    if constexpr (S::by_warpgroup) {
      if (threadIdx.x == 0) {
        for (int stage = 0; stage < p.t.stages; ++stage) make_barrier(barriers + stage);
      }
    }
    __syncthreads();
    for (int pair = 0; pair < p.t.stages; ++pair) start_copies(pair, pair);
    if (at.normalise.norm != nullptr) load_norm<T>(at.normalise, 0, 2 * p.pairs, norm);
    __syncthreads();
    Sums sums = {};
    sum(sums);
    if constexpr (S::by_warpgroup && S::channels <= most_split_channels) {
      if (p.t.splits > 1 && !gather(sums)) return;
    }
    write(sums);
    if (at.norm.saved != nullptr) take_statistics(sums);
  }

  // Of a correlation without a border.
  __device__ void take_statistics(const Sums& sums) const {
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int tiles = p.t.tiles_down * p.t.tiles_across;
    const auto inside = [&](int a, int half) {
      return place_of(S::first_pixel(warp, a) + lane / 4 + 8 * half).at != nullptr;
    };
    const auto stored = [&](int a, int half, int b) {
      const int channel = first_channel() + 8 * b;
      return as_stored<T>(sums[a][b][2 * half] + bias(channel), sums[a][b][2 * half + 1] + bias(channel + 1));
    };
    const CorrelationStatistics<S> statistics{
        at.norm, *reinterpret_cast<typename CorrelationStatistics<S>::Room*>(shared), p.c.out_channels,
        tiles * p.c.phases, phase * tiles + static_cast<int>(blockIdx.x) / p.t.splits};
    statistics.take(inside, stored);
  }

  // The first thread block of a cluster gets the sums of all; false for the others.
  __device__ bool gather(Sums& sums) const {
    constexpr int count = S::a_tiles * S::b_tiles * 4;
    auto* const mine = reinterpret_cast<float*>(shared) + threadIdx.x;
    auto* const values = &sums[0][0][0];
#pragma unroll
    for (int i = 0; i < count; ++i) mine[i * correlation_threads] = values[i];
    meet_cluster();
    if (rank == 0) {
      for (int other = 1; other < p.t.splits; ++other) {
#pragma unroll
        for (int i = 0; i < count; ++i) values[i] += read_cluster(mine + i * correlation_threads, other);
      }
    }
    meet_cluster();  // shared memory lives as long as its thread block
    return rank == 0;
  }

  // While one pair of blocks is multiplied, the next is made ready, and those after it are on their way, as far as
  // there are stages for them.
  __device__ void sum(Sums& sums) const {
    const int mask = p.t.stages - 1;
    await_copies(mask);
    finish_patch(0, 0);
    __syncthreads();
    for (int pair = 0; pair < pairs; ++pair) {
      const int stage = pair & mask;
      if constexpr (S::by_warpgroup) {
        if (tap_count > 0) wait_for_phase(barriers + stage, pair / p.t.stages);
      }
      begin_multiply(shared + stage * stage_size, sums);
      const bool ahead = mask > 0 && pair + 1 < pairs;
      if (ahead) {
        await_copies(mask - 1);
        finish_patch(pair + 1, (pair + 1) & mask);
      }
      end_multiply();
      __syncthreads();
      start_copies(pair + p.t.stages, stage);
      if (!ahead && pair + 1 < pairs) {
        await_copies(0);
        finish_patch(pair + 1, 0);
        __syncthreads();
      }
    }
  }

  // Until all but the last `pending` of the pairs that have set out are here.
  __device__ static void await_copies(int pending) {
    if (pending == 0) {
      wait_for_copies<0>();
    } else if (pending == 1) {
      wait_for_copies<1>();
    } else if (pending == 2) {
      wait_for_copies<2>();
    } else {
      wait_for_copies<3>();
    }
  }

  __device__ void begin_multiply(const Piece* patch, Sums& sums) const {
    if constexpr (S::by_warpgroup) {
      multiply_by_warpgroup(patch, sums);
    } else {
      multiply_by_warps(patch, sums);
    }
  }

  __device__ static void end_multiply() {
    if constexpr (S::by_warpgroup) wait_for_products();
  }

  __device__ void multiply_by_warpgroup(const Piece* patch, Sums& sums) const {
    const int row = p.c.stride * across();
    const std::uint64_t a = matrix_at(patch, patch_size, row);
    const std::uint64_t b = matrix_at(patch + 2 * patch_size, S::channels, 8);
    begin_products();
    for (int tap = 0; tap < tap_count; ++tap) {
      const int moved = p.t.moved[p.c.taps.begin[phase] + tap];
#pragma unroll
      for (int i = 0; i < S::a_tiles; ++i) {
        multiply_shared<S::arithmetic, S::channels>(sums[i], a + moved + i * 8 * row, b + tap * 2 * S::channels);
      }
    }
    commit_products();
  }

  __device__ void multiply_by_warps(const Piece* patch, Sums& sums) const {
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const Piece* a_rows[S::a_tiles];
#pragma unroll
    for (int a = 0; a < S::a_tiles; ++a) {
      const int pixel = S::first_pixel(warp, a) + lane % 16;
      a_rows[a] = patch + lane / 16 * patch_size + row_of(pixel) * p.c.stride * across() + column_of(pixel);
    }
    const Piece* weights = patch + 2 * patch_size + lane / 8 % 2 * S::channels +
                           warp % S::warps_across * S::b_tiles * 8 + lane / 16 * 8 + lane % 8;
    for (int tap = 0; tap < tap_count; ++tap) {
      multiply_tap(a_rows, p.t.moved[p.c.taps.begin[phase] + tap], weights + tap * 2 * S::channels, sums);
    }
  }

  [[nodiscard]] __device__ int row_of(int pixel) const {
    return pixel >> p.t.column_bits;
  }
  [[nodiscard]] __device__ int column_of(int pixel) const {
    return pixel & ((1 << p.t.column_bits) - 1);
  }

  __device__ static void multiply_tap(const Piece* const (&a_rows)[S::a_tiles], int moved, const Piece* weights,
                                      Sums& sums) {
    std::uint32_t a_words[S::a_tiles][4];
#pragma unroll
    for (int a = 0; a < S::a_tiles; ++a) load_matrices(a_words[a], a_rows[a] + moved);
#pragma unroll
    for (int b = 0; b < S::b_tiles; b += 2) {
      std::uint32_t b_words[4];
      load_matrices(b_words, weights + b * 8);
#pragma unroll
      for (int half = 0; half < (S::b_tiles == 1 ? 1 : 2); ++half) {
        const Factor<S::arithmetic, 2> b_factor(b_words + 2 * half);
#pragma unroll
        for (int a = 0; a < S::a_tiles; ++a) {
          multiply_add<S::arithmetic>(sums[a][b + half], Factor<S::arithmetic, 4>(a_words[a]), b_factor);
        }
      }
    }
  }

  // A thread has two neighbouring channels of pixels lane / 4 and lane / 4 + 8.
  __device__ void write(const Sums& sums) const {
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const int first = first_channel();
#pragma unroll
    for (int a = 0; a < S::a_tiles; ++a) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const Place to = place_of(S::first_pixel(warp, a) + lane / 4 + 8 * half);
        if (to.at == nullptr) continue;
#pragma unroll
        for (int b = 0; b < S::b_tiles; ++b) {
          const int channel = first + 8 * b;
          if (channel / lanes<T> >= p.out_blocks) break;
          T* const at_channel = reinterpret_cast<T*>(to.at + channel / lanes<T> * to.plane) + channel % lanes<T>;
          write_pair(at_channel, to.accumulate, sums[a][b][2 * half] + bias(channel),
                     sums[a][b][2 * half + 1] + bias(channel + 1));
        }
      }
    }
  }

  [[nodiscard]] __device__ int first_channel() const {
    const int warp = threadIdx.x / 32;
    return static_cast<int>(blockIdx.y) * S::channels + warp % S::warps_across * S::b_tiles * 8 + threadIdx.x % 4 * 2;
  }

  [[nodiscard]] __device__ float bias(int channel) const {
    return at.bias != nullptr && channel < p.c.out_channels ? at.bias[channel] : 0;
  }

  // A pixel in the first block of what it belongs to; none when it lies beyond the picture.
  struct Place {
    Piece* at;
    std::size_t plane;
    bool accumulate;
  };

  [[nodiscard]] __device__ Place place_of(int pixel) const {
    const int step = p.c.phases == 1 ? 1 : 2;
    const int row = (tile_row + row_of(pixel)) * step + phase / 2;
    const int column = (tile_column + column_of(pixel)) * step + phase % 2;
    if (row >= p.c.out_height || column >= p.c.out_width) return {nullptr, 0, false};
    const int height = p.c.out_height - 2 * p.c.border;
    const int width = p.c.out_width - 2 * p.c.border;
    const int i = row - p.c.border;
    const int j = column - p.c.border;
    if (i >= 0 && i < height && j >= 0 && j < width) {
      return {pieces(at.y) + i * width + j, static_cast<std::size_t>(height) * width, at.accumulate};
    }
    return {pieces(at.around) + row * p.c.out_width + column, static_cast<std::size_t>(p.c.out_height) * p.c.out_width,
            false};
  }

  __device__ static void write_pair(T* to, bool accumulate, float first, float second) {
    if constexpr (is_narrow<S::arithmetic>) {
      auto* const both = reinterpret_cast<std::uint32_t*>(to);
      const float2 old = accumulate ? widened<T>(*both) : float2{};
      *both = narrowed<T>(first + old.x, second + old.y);
    } else {
      auto* const both = reinterpret_cast<float2*>(to);
      if (accumulate) {
        first += both->x;
        second += both->y;
      }
      *both = {first, second};
    }
  }
};

}  // namespace dipper::cuda
