// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/check.hpp"
#include "kernels/cuda/correlate.hpp"
#include "kernels/cuda/weights_by_warpgroups.cuh"
#include "kernels/cuda/weights_by_warps.cuh"

namespace dipper::cuda {
namespace {

template <class Kernel>
__global__ void __launch_bounds__(Kernel::threads) sum_products(const __grid_constant__ WeightPlan plan) {
  if constexpr (makes_products(Kernel::by_warpgroup) || !is_narrow<Kernel::products>) {
    Kernel(plan, dynamic_shared()).run();
  } else {
    never();
  }
}

using Function = void (*)(WeightPlan);

template <Arithmetic arithmetic, int taps_at_once, int b_tiles>
Function warps_function(const WeightGradient::Cut& cut) {
  constexpr int pixels = is_narrow<arithmetic> ? 128 : 64;
  if (cut.a_tiles == 1) return sum_products<WeightsByWarps<arithmetic, taps_at_once, b_tiles, 1, 1, pixels>>;
  switch (cut.warps_along_a) {
    case 1:
      return sum_products<WeightsByWarps<arithmetic, taps_at_once, b_tiles, 2, 1, pixels>>;
    case 2:
      return sum_products<WeightsByWarps<arithmetic, taps_at_once, b_tiles, 2, 2, pixels>>;
    default:
      return sum_products<WeightsByWarps<arithmetic, taps_at_once, b_tiles, 2, 4, pixels>>;
  }
}

template <Arithmetic arithmetic>
Function warps_function(const WeightGradient::Cut& cut) {
  constexpr int b_tiles = is_narrow<arithmetic> ? 2 : 1;  // of nine taps: all sums are in registers
  if constexpr (!is_narrow<arithmetic>) {
    if (cut.taps_at_once == 25) return sum_products<WeightsByWarps<arithmetic, 25, 1, 1, 1, 256>>;
  }
  if (cut.taps_at_once == 1) return warps_function<arithmetic, 1, 8>(cut);
  return cut.taps_at_once == 5 ? warps_function<arithmetic, 5, 2>(cut) : warps_function<arithmetic, 9, b_tiles>(cut);
}

template <Arithmetic arithmetic, int taps_at_once, int n>
Function warpgroups_function(const WeightGradient::Cut& cut) {
  return cut.warps_along_a == 8 ? sum_products<WeightsByWarpgroups<arithmetic, taps_at_once, n, 2>>
                                : sum_products<WeightsByWarpgroups<arithmetic, taps_at_once, n, 1>>;
}

template <Arithmetic arithmetic, int taps_at_once>
Function warpgroups_function(const WeightGradient::Cut& cut) {
  if constexpr (taps_at_once == 1) {
    if (cut.b_tiles == 16) return warpgroups_function<arithmetic, 1, 128>(cut);
  }
  return cut.b_tiles == 1 ? warpgroups_function<arithmetic, taps_at_once, 8>(cut)
                          : warpgroups_function<arithmetic, taps_at_once, 32>(cut);
}

template <Arithmetic arithmetic>
Function warpgroups_function(const WeightGradient::Cut& cut) {
  if (cut.taps_at_once == 1) return warpgroups_function<arithmetic, 1>(cut);
  return cut.taps_at_once == 5 ? warpgroups_function<arithmetic, 5>(cut) : warpgroups_function<arithmetic, 9>(cut);
}

Function function_for(Precision precision, const WeightGradient::Cut& cut) {
  return with_arithmetic(precision, [&](auto arithmetic) {
    if constexpr (is_narrow<arithmetic.value>) {
      if (cut.by_warpgroup) return warpgroups_function<arithmetic.value>(cut);
    }
    return warps_function<arithmetic.value>(cut);
  });
}

/// What all slices together give, in theta's order.
struct Summing {
  const float* slices;
  WeightGradient::Cut cut;
  int taps, a_channels, b_channels;
  float* dw;
  float* dbias;
};

/// A thread block has 32 neighbours of n, and eight threads for each, which take the slices in turns.
__global__ void sum_many_slices(const __grid_constant__ Summing s) {
  __shared__ float partial[8][32];
  const std::size_t size = slice_size(s.cut, s.taps);
  const std::size_t at = static_cast<std::size_t>(blockIdx.x) * 32 + threadIdx.x;
  float sum = 0;
  if (at < size) {
#pragma unroll 4
    for (int slice = threadIdx.y; slice < s.cut.slices; slice += 8) sum += s.slices[slice * size + at];
  }
  partial[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || at >= size) return;
  for (int i = 1; i < 8; ++i) sum += partial[i][threadIdx.x];
  const int row = static_cast<int>(at / padded_b(s.cut));
  if (row >= s.taps * padded_a(s.cut)) {
    const int m = static_cast<int>(at) - s.taps * padded_a(s.cut) * padded_b(s.cut);
    if (s.dbias != nullptr && m < s.a_channels) s.dbias[m] = sum;
    return;
  }
  const int n = static_cast<int>(at % padded_b(s.cut));
  const int m = row % padded_a(s.cut);
  if (m >= s.a_channels || n >= s.b_channels) return;
  s.dw[(static_cast<std::size_t>(m) * s.b_channels + n) * s.taps + row / padded_a(s.cut)] = sum;
}

/// A thread block has one m and 32 neighbours of n, whose taps it turns round on their way.
__global__ void sum_few_slices(const __grid_constant__ Summing s) {
  __shared__ float turned[32 * (most_taps + 1)];
  const std::size_t size = slice_size(s.cut, s.taps);
  const int m = blockIdx.y;
  const int first = 32 * blockIdx.x;
  const int n = first + threadIdx.x;
  const int count = min(32, s.b_channels - first);
  for (int tap = threadIdx.y; tap < s.taps; tap += 8) {
    const std::size_t at = (static_cast<std::size_t>(tap) * padded_a(s.cut) + m) * padded_b(s.cut) + n;
    float sum = 0;
    if (n < s.b_channels) {
#pragma unroll 4
      for (int slice = 0; slice < s.cut.slices; ++slice) sum += s.slices[slice * size + at];
    }
    turned[threadIdx.x * (s.taps | 1) + tap] = sum;
  }
  __syncthreads();
  float* const to = s.dw + (static_cast<std::size_t>(m) * s.b_channels + first) * s.taps;
  for (int i = threadIdx.y * 32 + threadIdx.x; i < count * s.taps; i += 256) {
    to[i] = turned[i / s.taps * (s.taps | 1) + i % s.taps];
  }
  if (s.dbias == nullptr || blockIdx.x > 0 || threadIdx.x + threadIdx.y > 0) return;
  float sum = 0;
  const std::size_t bias = static_cast<std::size_t>(s.taps) * padded_a(s.cut) * padded_b(s.cut) + m;
  for (int slice = 0; slice < s.cut.slices; ++slice) sum += s.slices[slice * size + bias];
  s.dbias[m] = sum;
}

// So that the floats of four pixels and eight channels lie in different banks.
int without_conflicts(int pieces, Precision precision) {
  return has_narrow_factors(precision) ? pieces : (pieces + 3) / 8 * 8 + 4;
}

/// How many taps and channels a thread block has, and how many pixels it takes at a time.
void share_out(const Conv2dDesc& d, bool is_narrow, WeightGradient::Cut& cut) {
  const int area = d.kernel * d.kernel;
  const int a = d.out_channels;
  const int b = d.input.channels;
  cut.taps_at_once = area == 1 ? 1 : (d.kernel == 3 ? 9 : 5);
  cut.pixels = is_narrow ? 128 : 64;
  if (cut.by_warpgroup) {
    cut.a_tiles = 1;
    cut.warps_along_a = a > 64 ? 8 : 4;
    cut.b_tiles = b <= 8 ? 1 : (area == 1 && d.stride == 1 ? 16 : 4);
  } else if (!is_narrow && a <= 16 && b <= 8 && area > 9 && area <= 25) {
    cut.taps_at_once = 25;
    cut.pixels = 256;
  } else {
    cut.a_tiles = a > 16 ? 2 : 1;
    cut.warps_along_a = a > 64 ? 4 : (a > 32 ? 2 : 1);
    cut.b_tiles = area == 1 ? 8 : (d.kernel == 3 && !is_narrow ? 1 : 2);
  }
}

/// What the tiles of both tensors take, with fewer channels of a in them where that is more than `room` bytes of shared
/// memory. Whether they fit then.
bool place_tiles(const Conv2dDesc& d, Precision precision, std::size_t room, WeightGradient::Cut& cut) {
  const int at_once = d.kernel > cut.taps_at_once ? cut.taps_at_once : cut.taps_at_once / d.kernel * d.kernel;
  cut.groups = ceil_div(d.kernel * d.kernel, at_once);
  cut.tile_columns = d.output().width > 8 ? 16 : 8;
  cut.tile_rows = cut.pixels / cut.tile_columns;
  // A group that does not begin with a row of the kernel may end in the next.
  const int rows = d.kernel > cut.taps_at_once ? 2 : ceil_div(at_once, d.kernel);
  cut.patch_rows = (cut.tile_rows - 1) * d.stride + std::min(rows, d.kernel);
  cut.patch_columns = ceil_div((cut.tile_columns - 1) * d.stride + d.kernel, d.stride);
  cut.patch_stride = without_conflicts(cut.patch_rows * cut.patch_columns * d.stride, precision);
  cut.a_stride = without_conflicts(cut.pixels, precision);
  for (;; cut.warps_along_a /= 2) {
    const int a_size = 16 * cut.a_tiles * cut.warps_along_a;
    const int b_size = 8 * cut.b_tiles;
    const std::size_t stage = a_size / lanes_of(precision) * static_cast<std::size_t>(cut.a_stride) +
                              b_size / lanes_of(precision) * static_cast<std::size_t>(cut.patch_stride);
    const std::size_t tables = cut.patch_rows * cut.patch_columns * d.stride + 2 * (a_size + b_size);
    const std::size_t together = cut.by_warpgroup ? 0 : cut.taps_at_once * a_size * b_size + a_size;
    cut.shared = std::max(2 * stage * sizeof(Piece) + tables * sizeof(float), together * sizeof(float));
    if (cut.shared <= room) return true;
    if (cut.by_warpgroup || cut.warps_along_a == 1) return false;
  }
}

// As many slices as keep the device busy, each with as many tiles as the others.
void choose_slices(int blocks, WeightGradient::Cut& cut) {
  const int tiles = cut.tiles_down * cut.tiles_across;
  const int most = std::clamp(blocks / (cut.groups * cut.a_parts * cut.b_parts), 1, tiles);
  cut.slices = ceil_div(tiles, ceil_div(tiles, most));
}

WeightGradient::Cut choose_cut(const Conv2dDesc& d, const Device& device, Precision precision) {
  const Shape a = d.output();
  const bool is_narrow = has_narrow_factors(precision);
  WeightGradient::Cut cut;
  cut.by_warpgroup = is_narrow && device.has_warpgroups();
  share_out(d, is_narrow, cut);
  if (!place_tiles(d, precision, device.shared_memory(), cut)) {
    // With a stride of 2, where there is less shared memory than a Hopper's: these take the least.
    cut.taps_at_once = 5;
    cut.pixels = is_narrow ? 128 : 64;
    cut.b_tiles = 2;
    DIPPER_CHECK(place_tiles(d, precision, device.shared_memory(), cut));
  }
  cut.tiles_down = ceil_div(a.height, cut.tile_rows);
  cut.tiles_across = ceil_div(a.width, cut.tile_columns);
  cut.a_parts = ceil_div(a.channels, 16 * cut.a_tiles * cut.warps_along_a);
  cut.b_parts = ceil_div(d.input.channels, 8 * cut.b_tiles);
  choose_slices((cut.by_warpgroup ? 8 / cut.warps_along_a : 3) * device.multiprocessors(), cut);
  return cut;
}

}  // namespace

WeightGradient::WeightGradient(const Conv2dDesc& desc, bool with_bias, const Context& context)
    : d_(desc),
      with_bias_(with_bias),
      device_(&context.device),
      precision_(context.precision),
      cut_(choose_cut(desc, context.device, context.precision)) {
  check(cudaFuncSetAttribute(reinterpret_cast<const void*>(function_for(precision_, cut_)),
                             cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(context.device.shared_memory())),
        "asking for shared memory");
}

std::size_t WeightGradient::scratch_size() const {
  return cut_.slices * slice_size(cut_, d_.kernel * d_.kernel);
}

void WeightGradient::run(const Operands& at) const {
  const Shape a = d_.output();
  const int area = d_.kernel * d_.kernel;
  const WeightPlan plan{.at = at,
                        .cut = cut_,
                        .kernel = d_.kernel,
                        .stride = d_.stride,
                        .padding = d_.padding,
                        .reflects = d_.mode == Padding::reflect,
                        .with_bias = with_bias_,
                        .a_height = a.height,
                        .a_width = a.width,
                        .a_blocks = ceil_div(a.channels, lanes_of(precision_)),
                        .b_height = d_.input.height,
                        .b_width = d_.input.width,
                        .b_blocks = ceil_div(d_.input.channels, lanes_of(precision_)),
                        .column_bits = cut_.tile_columns == 16 ? 4 : 3};
  launch(*device_, function_for(precision_, cut_), dim3(cut_.slices, cut_.a_parts * cut_.b_parts, cut_.groups),
         dim3(cut_.by_warpgroup ? 32 * cut_.warps_along_a : 128), cut_.shared, plan);
  const Summing summing{.slices = at.scratch,
                        .cut = cut_,
                        .taps = area,
                        .a_channels = a.channels,
                        .b_channels = d_.input.channels,
                        .dw = at.dw,
                        .dbias = with_bias_ ? at.dbias : nullptr};
  if (cut_.slices < 16) {
    launch(*device_, sum_few_slices, dim3(ceil_div(d_.input.channels, 32), a.channels), dim3(32, 8), 0, summing);
  } else {
    const auto blocks = static_cast<unsigned>((slice_size(cut_, area) + 31) / 32);
    launch(*device_, sum_many_slices, dim3(blocks), dim3(32, 8), 0, summing);
  }
}

}  // namespace dipper::cuda
