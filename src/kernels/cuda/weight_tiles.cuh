// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/correlate.hpp"
#include "kernels/cuda/instructions.cuh"

/// What the kernels of weight gradients share: the tiles of both tensors in shared memory.
namespace dipper::cuda {

/// What a kernel has to know beside its template's parameters.
struct WeightPlan {
  WeightGradient::Operands at;
  WeightGradient::Cut cut;
  int kernel, stride, padding;
  bool reflects, with_bias;
  int a_height, a_width, a_blocks;
  int b_height, b_width, b_blocks;
  int column_bits;
};

// Partial sums of a slice: [tap][m][n], then the bias's [m]; channels rounded up to whole thread blocks.
__host__ __device__ inline int padded_a(const WeightGradient::Cut& cut) {
  return cut.a_parts * cut.a_tiles * 16 * cut.warps_along_a;
}
__host__ __device__ inline int padded_b(const WeightGradient::Cut& cut) {
  return cut.b_parts * cut.b_tiles * 8;
}
__host__ __device__ inline std::size_t slice_size(const WeightGradient::Cut& cut, int taps) {
  return static_cast<std::size_t>(padded_a(cut)) * (static_cast<std::size_t>(taps) * padded_b(cut) + 1);
}

/// A thread block sums over the tiles of one slice, for some taps and some channels of a and b. It has two stages of a
/// tile of a and the patch of b around it in shared memory.
template <Arithmetic arithmetic, int taps_at_once, int a_size_, int b_size_, int pixels_, int threads_>
struct Tiles {
  using T = Storage<arithmetic>;
  static constexpr Arithmetic products = arithmetic;
  static constexpr int threads = threads_;
  static constexpr int pixels = pixels_;
  static constexpr int step_pixels = 2 * lanes<T>;  // that one product sums over
  static constexpr int steps = pixels / step_pixels;
  static constexpr int a_size = a_size_;
  static constexpr int b_size = b_size_;
  static constexpr int a_blocks = a_size / lanes<T>;
  static constexpr int b_blocks = b_size / lanes<T>;

  const WeightPlan& p;
  Piece* shared;
  int first_tap, tap_count, a_part, b_part, across, patch_size, stage_size;
  float2* norm_a;
  float2* norm_b;
  int* places;  // of the patch: row and column from its corner

  __device__ Tiles(const WeightPlan& plan, Piece* memory) : p(plan), shared(memory) {
    first_tap = blockIdx.z * taps_per_group();
    tap_count = min(taps_per_group(), p.kernel * p.kernel - first_tap);
    a_part = blockIdx.y % p.cut.a_parts;
    b_part = blockIdx.y / p.cut.a_parts;
    across = p.cut.patch_columns * p.stride;
    patch_size = p.cut.patch_rows * across;
    stage_size = a_blocks * p.cut.a_stride + b_blocks * p.cut.patch_stride;
    norm_a = reinterpret_cast<float2*>(shared + 2 * stage_size);
    norm_b = norm_a + a_size;
    places = reinterpret_cast<int*>(norm_b + b_size);
  }

  // Whole rows of the kernel where they fit.
  [[nodiscard]] __device__ int taps_per_group() const {
    return p.kernel > taps_at_once ? taps_at_once : taps_at_once / p.kernel * p.kernel;
  }

  // Once, before the first tile.
  __device__ void make_tables() const {
    for (int r = threadIdx.x; r < patch_size; r += threads) {
      const int rest = r % across;
      const int column = rest % p.cut.patch_columns * p.stride + rest / p.cut.patch_columns;
      places[r] = r / across << 16 | column;
    }
    if (p.at.normalise_a.norm != nullptr) load_norm<T>(p.at.normalise_a, a_part * a_blocks, a_blocks, norm_a);
    if (p.at.normalise_b.norm != nullptr) load_norm<T>(p.at.normalise_b, b_part * b_blocks, b_blocks, norm_b);
    __syncthreads();
  }

  /// Where a tile begins in a's planes, and whether it and the patch around its pixels in b lie inside the pictures.
  struct Corner {
    int row, column;
    bool inside;
  };
  [[nodiscard]] __device__ Corner corner(int tile) const {
    Corner c{tile / p.cut.tiles_across * p.cut.tile_rows, tile % p.cut.tiles_across * p.cut.tile_columns, false};
    const int row = b_row(c, 0);
    const int column = b_column(c, 0);
    c.inside = c.row + p.cut.tile_rows <= p.a_height && c.column + p.cut.tile_columns <= p.a_width && row >= 0 &&
               column >= 0 && row + p.cut.patch_rows <= p.b_height && column + across <= p.b_width;
    return c;
  }
  [[nodiscard]] __device__ int b_row(const Corner& from, int place) const {
    return from.row * p.stride + (place >> 16) + first_tap / p.kernel - p.padding;
  }
  [[nodiscard]] __device__ int b_column(const Corner& from, int place) const {
    return from.column * p.stride + (place & 0xFFFF) - p.padding;
  }

  // The place of a pixel in a's or b's planes, or -1.
  [[nodiscard]] __device__ int a_source(const Corner& from, int pixel) const {
    const int i = from.row + (pixel >> p.column_bits);
    const int j = from.column + (pixel & (p.cut.tile_columns - 1));
    return from.inside || (i < p.a_height && j < p.a_width) ? i * p.a_width + j : -1;
  }
  [[nodiscard]] __device__ int b_source(const Corner& from, int place) const {
    int i = b_row(from, place);
    int j = b_column(from, place);
    if (!from.inside) {
      const Padding mode = p.reflects ? Padding::reflect : Padding::zero;
      i = padded_index(i, p.b_height, mode);
      j = padded_index(j, p.b_width, mode);
    }
    return i < 0 || j < 0 ? -1 : i * p.b_width + j;
  }

  __device__ void start_copies(int tile, int stage) const {
    const Corner from = corner(tile);
    Piece* const a_to = shared + stage * stage_size;
    const std::size_t a_plane = static_cast<std::size_t>(p.a_height) * p.a_width;
    constexpr int blocks_at_once = pixels < threads ? threads / pixels : 1;
    constexpr int pixels_at_once = threads / blocks_at_once;
    for (int pixel = threadIdx.x % pixels_at_once; pixel < pixels; pixel += pixels_at_once) {
      const int source = a_source(from, pixel);
#pragma unroll 4
      for (int i = threadIdx.x / pixels_at_once; i < a_blocks; i += blocks_at_once) {
        const int block = a_part * a_blocks + i;
        const bool zero = source < 0 || block >= p.a_blocks;
        copy_piece(a_to + i * p.cut.a_stride + pixel, pieces(p.at.a) + (zero ? 0 : block * a_plane + source), zero);
      }
    }
    Piece* const b_to = a_to + a_blocks * p.cut.a_stride;
    const std::size_t b_plane = static_cast<std::size_t>(p.b_height) * p.b_width;
    for (int r = threadIdx.x; r < patch_size; r += threads) {
      const int source = b_source(from, places[r]);
#pragma unroll 4
      for (int i = 0; i < b_blocks; ++i) {
        const int block = b_part * b_blocks + i;
        const bool zero = source < 0 || block >= p.b_blocks;
        copy_piece(b_to + i * p.cut.patch_stride + r, pieces(p.at.b) + (zero ? 0 : block * b_plane + source), zero);
      }
    }
    end_of_copies();
  }

  // Of the pieces that this very thread has copied.
  __device__ void finish(int tile, int stage) const {
    const Corner from = corner(tile);
    Piece* const a_to = shared + stage * stage_size;
    const bool normalise_a = p.at.normalise_a.norm != nullptr;
    const bool normalise_b = p.at.normalise_b.norm != nullptr;
    if (normalise_a || arithmetic == Arithmetic::tf32) {
      constexpr int blocks_at_once = pixels < threads ? threads / pixels : 1;
      constexpr int pixels_at_once = threads / blocks_at_once;
      for (int i = threadIdx.x / pixels_at_once; i < a_blocks; i += blocks_at_once) {
        const QuickNorm<T> quick(norm_a, i, p.at.normalise_a.slope);
        for (int pixel = threadIdx.x % pixels_at_once; pixel < pixels; pixel += pixels_at_once) {
          Piece piece = a_to[i * p.cut.a_stride + pixel];
          if (normalise_a && a_source(from, pixel) >= 0) piece = quick(piece);
          a_to[i * p.cut.a_stride + pixel] = as_factor<arithmetic>(piece);
        }
      }
    }
    if (!normalise_b && arithmetic != Arithmetic::tf32) return;
    Piece* const b_to = a_to + a_blocks * p.cut.a_stride;
    for (int i = 0; i < b_blocks; ++i) {
      const QuickNorm<T> quick(norm_b, i, p.at.normalise_b.slope);
      for (int r = threadIdx.x; r < patch_size; r += threads) {
        Piece piece = b_to[i * p.cut.patch_stride + r];
        if (normalise_b && (from.inside || b_source(from, places[r]) >= 0)) piece = quick(piece);
        b_to[i * p.cut.patch_stride + r] = as_factor<arithmetic>(piece);
      }
    }
  }

  /// Calls begin(tile of a) and end() around the products of each tile; in between, the next is made ready, and after
  /// it the one that follows sets out.
  template <class Begin, class End>
  __device__ void for_each_tile(const Begin& begin, const End& end) const {
    const int tiles = p.cut.tiles_down * p.cut.tiles_across;
    const int step = p.cut.slices;
    const int first = blockIdx.x;
    const int count = __shfl_sync(~0U, (tiles - first + step - 1) / step, 0);  // the same in all lanes
    start_copies(first, 0);
    if (count > 1) start_copies(first + step, 1);
    count > 1 ? wait_for_copies<1>() : wait_for_copies<0>();
    finish(first, 0);
    end_of_writes();
    for (int n = 0; n < count; ++n) {
      begin(shared + n % 2 * stage_size);
      if (n + 1 < count) {
        wait_for_copies<0>();
        finish(first + (n + 1) * step, (n + 1) % 2);
      }
      end();
      end_of_writes();
      if (n + 2 < count) start_copies(first + (n + 2) * step, n % 2);
    }
  }

  __device__ static void end_of_writes() {
    publish_to_tensor_cores();
    __syncthreads();
  }

  [[nodiscard]] __device__ int patch_place(int pixel) const {
    return (pixel >> p.column_bits) * p.stride * across + (pixel & (p.cut.tile_columns - 1));
  }

  [[nodiscard]] __device__ int moved(int tap) const {
    const int row = (first_tap + tap) / p.kernel - first_tap / p.kernel;
    const int column = (first_tap + tap) % p.kernel;
    return row * across + column % p.stride * p.cut.patch_columns + column / p.stride;
  }

  /// Whether this thread block is the one that sums a alone, too.
  [[nodiscard]] __device__ bool has_bias() const {
    return p.with_bias && b_part == 0 && blockIdx.z == 0;
  }

  /// Where this thread block's part of [tap][m][n] begins in its slice, and its part of the bias.
  [[nodiscard]] __device__ float* slice() const {
    return p.at.scratch + blockIdx.x * slice_size(p.cut, p.kernel * p.kernel);
  }
  [[nodiscard]] __device__ float* place_in_slice() const {
    const std::size_t m = static_cast<std::size_t>(first_tap) * padded_a(p.cut) + a_part * a_size;
    return slice() + m * padded_b(p.cut) + b_part * b_size;
  }
  [[nodiscard]] __device__ float* bias_in_slice() const {
    return slice() + static_cast<std::size_t>(p.kernel) * p.kernel * padded_a(p.cut) * padded_b(p.cut) +
           a_part * a_size;
  }
};

}  // namespace dipper::cuda
