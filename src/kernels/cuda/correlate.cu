// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/correlate.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "kernels/cuda/correlate_kernel.cuh"

namespace dipper::cuda {
namespace {

template <class S>
__global__ void __launch_bounds__(correlation_threads)
    correlate(const __grid_constant__ CorrelationPlan plan, const __grid_constant__ CorrelationOperands at) {
  if constexpr (makes_products(S::by_warpgroup) || S::arithmetic == Arithmetic::f32) {
    CorrelationKernel<S>(plan, at, dynamic_shared()).run();
  } else {
    never();
  }
}

using Function = void (*)(CorrelationPlan, CorrelationOperands);

template <Arithmetic arithmetic, int a_tiles, int b_tiles, int warps_across>
constexpr Function by_warps = correlate<CorrelationShares<arithmetic, a_tiles, b_tiles, warps_across, false>>;

template <Arithmetic arithmetic, int a_tiles, int channels>
constexpr Function by_warpgroup = correlate<CorrelationShares<arithmetic, a_tiles, channels / 8, 1, true>>;

template <Arithmetic arithmetic>
Function warps_function(const CorrelationTile& tile) {
  if (tile.pixels == 64) {
    if (tile.channels >= 32) return by_warps<arithmetic, 1, 4, 1>;
    return tile.channels == 16 ? by_warps<arithmetic, 1, 2, 1> : by_warps<arithmetic, 1, 1, 1>;
  }
  switch (tile.channels) {
    case 128:
      return by_warps<arithmetic, 4, 8, 2>;
    case 64:
      return by_warps<arithmetic, 2, 8, 1>;
    case 32:
      return by_warps<arithmetic, 2, 4, 1>;
    case 16:
      return by_warps<arithmetic, 2, 2, 1>;
    default:
      DIPPER_CHECK_EQ(tile.channels, 8);
      return by_warps<arithmetic, 2, 1, 1>;
  }
}

template <Arithmetic arithmetic, int a_tiles>
Function warpgroup_function(const CorrelationTile& tile) {
  switch (tile.channels) {
    case 136:
      return by_warpgroup<arithmetic, a_tiles, 136>;
    case 128:
      return by_warpgroup<arithmetic, a_tiles, 128>;
    case 64:
      return by_warpgroup<arithmetic, a_tiles, 64>;
    case 32:
      return by_warpgroup<arithmetic, a_tiles, 32>;
    case 16:
      return by_warpgroup<arithmetic, a_tiles, 16>;
    default:
      DIPPER_CHECK_EQ(tile.channels, 8);
      return by_warpgroup<arithmetic, a_tiles, 8>;
  }
}

Function function_for(Precision precision, const CorrelationTile& tile) {
  return with_arithmetic(precision, [&](auto arithmetic) {
    constexpr Arithmetic products = arithmetic.value;
    if constexpr (products != Arithmetic::f32) {
      if (tile.by_warpgroup) {
        return tile.pixels == 64 ? warpgroup_function<products, 1>(tile) : warpgroup_function<products, 2>(tile);
      }
    }
    return warps_function<products>(tile);
  });
}

// The span of a phase's taps along an axis.
int span(const Taps& taps, const signed char* axis) {
  int most = 0;
  for (int t = 0; t < std::max({taps.begin[1], taps.begin[2], taps.begin[3], taps.begin[4]}); ++t) {
    most = std::max<int>(most, axis[t]);
  }
  return most;
}

void place_patch(const Correlation& c, CorrelationTile& t) {
  const int rows = t.pixels >> t.column_bits;
  t.patch_rows = (rows - 1) * c.stride + span(c.taps, c.taps.row) + 1;
  const int columns = ((1 << t.column_bits) - 1) * c.stride + span(c.taps, c.taps.column) + 1;
  t.patch_columns = ceil_div(columns, c.stride);
  const int step = c.phases == 1 ? 1 : 2;
  t.tiles_down = ceil_div(ceil_div(c.out_height, step), rows);
  t.tiles_across = ceil_div(ceil_div(c.out_width, step), 1 << t.column_bits);
  for (int tap = 0; tap < most_taps; ++tap) {
    const int column = c.taps.column[tap] % c.stride * t.patch_columns + c.taps.column[tap] / c.stride;
    t.moved[tap] = static_cast<short>(c.taps.row[tap] * t.patch_columns * c.stride + column);
  }
}

// A barrier's memory may be nothing else's while its thread block lives, so it comes after both.
std::size_t place_in_shared(const Correlation& c, Precision precision, CorrelationTile& t) {
  const int patch = t.patch_rows * t.patch_columns * c.stride;
  const int stage = 2 * patch + 2 * c.kernel_area * t.channels;
  const int sums = t.splits > 1 ? t.pixels * t.channels / 4 : 0;
  t.before_barriers = std::max({t.stages * stage, sums, statistics_pieces(t.channels, correlation_threads)});
  const int per_block = lanes_of(precision);
  const std::size_t channels = ceil_div(c.in_channels, 2 * per_block) * 2ULL * per_block;
  return t.before_barriers * sizeof(Piece) + most_stages * sizeof(std::uint64_t) + channels * sizeof(float2) +
         patch * sizeof(int);
}

// Where there are few thread blocks, several sum over some of the input's channels each.
void choose_splits(int pairs, int blocks, const Device& device, CorrelationTile& t) {
  while (t.splits < 8 && 2 * t.splits <= pairs && 2 * t.splits * blocks <= device.multiprocessors()) t.splits *= 2;
  t.splits = ceil_div(pairs, ceil_div(pairs, t.splits));  // none without work
}

// As many stages as leave room for two thread blocks on a multiprocessor where there are so many.
void choose_stages(const Correlation& c, Precision precision, bool shares, const Device& device, CorrelationTile& t) {
  const std::size_t most = device.shared_memory();
  const int pairs = ceil_div(ceil_div(c.in_channels, 2 * lanes_of(precision)), t.splits);
  const auto fits = [&](std::size_t room) { return (t.shared = place_in_shared(c, precision, t)) <= room; };
  for (t.stages = 4; t.stages > 1; t.stages /= 2) {
    if (pairs >= t.stages && fits(shares && t.stages > 2 ? most / 2 : most)) return;
  }
  while (!fits(most) && t.channels > 16) t.channels = t.channels > 128 ? 64 : t.channels / 2;
  DIPPER_CHECK(fits(most));
}

// Few channels of output for each thread block where there would be too few blocks otherwise.
CorrelationTile choose_tile(const Correlation& c, const Device& device, Precision precision) {
  const int step = c.phases == 1 ? 1 : 2;
  const int height = ceil_div(c.out_height, step);
  const int width = ceil_div(c.out_width, step);
  CorrelationTile t;
  t.by_warpgroup = device.has_warpgroups() && precision != Precision::f32;
  t.column_bits = t.by_warpgroup || width <= 8 ? 3 : 4;
  t.pixels = height * width <= 64 ? 64 : 128;
  const int most = t.pixels == 64 && !t.by_warpgroup ? 32 : 128;
  t.channels = 8;
  while (t.channels < most && t.channels < c.out_channels) t.channels *= 2;
  place_patch(c, t);
  const auto blocks = [&] { return t.tiles_down * t.tiles_across * ceil_div(c.out_channels, t.channels) * c.phases; };
  if (t.by_warpgroup && t.pixels == 128 && blocks() < device.multiprocessors()) {
    t.pixels = 64;
    place_patch(c, t);
  }
  while (t.channels > 16 && blocks() < device.multiprocessors()) t.channels /= 2;
  // The paper's networks join 4 channels and 128.
  if (t.by_warpgroup && t.channels == 128 && c.out_channels > 128 && c.out_channels <= 136) t.channels = 136;
  if (t.by_warpgroup && t.channels <= most_split_channels) {
    choose_splits(ceil_div(c.in_channels, 2 * lanes_of(precision)), blocks(), device, t);
  }
  choose_stages(c, precision, blocks() > device.multiprocessors(), device, t);
  return t;
}

}  // namespace

Correlation forward_correlation(const Conv2dDesc& d) {
  DIPPER_CHECK(d.kernel * d.kernel <= most_taps);
  Correlation c;
  c.kernel_area = d.kernel * d.kernel;
  c.in_channels = d.input.channels;
  c.in_height = d.input.height;
  c.in_width = d.input.width;
  c.reflects = d.mode == Padding::reflect;
  c.stride = d.stride;
  c.out_channels = d.out_channels;
  c.out_height = d.output().height;
  c.out_width = d.output().width;
  c.taps.low_row[0] = c.taps.low_column[0] = -d.padding;
  for (int t = 0; t < c.kernel_area; ++t) {
    c.taps.row[t] = static_cast<signed char>(t / d.kernel);
    c.taps.column[t] = static_cast<signed char>(t % d.kernel);
    c.taps.index[t] = static_cast<signed char>(t);
  }
  for (int phase = 1; phase <= 4; ++phase) c.taps.begin[phase] = c.kernel_area;
  return c;
}

// A tap (u, v) sends the gradient of output (r, s) to (r stride + u, s stride + v) of the padded input. So a place
// there takes it from those outputs for which what is left over the stride is none.
Correlation adjoint_correlation(const Conv2dDesc& d) {
  DIPPER_CHECK(d.kernel * d.kernel <= most_taps);
  const Shape out = d.output();
  Correlation c;
  c.kernel_area = d.kernel * d.kernel;
  c.in_channels = d.out_channels;
  c.in_height = out.height;
  c.in_width = out.width;
  c.phases = d.stride * d.stride;
  c.out_channels = d.input.channels;
  c.border = d.mode == Padding::reflect ? d.padding : 0;
  c.out_height = d.input.height + 2 * c.border;
  c.out_width = d.input.width + 2 * c.border;
  const int shift = d.mode == Padding::reflect ? 0 : d.padding;  // of what is walked over in the padded input
  const auto displacement = [&](int phase, int tap) { return (phase + shift - tap) / d.stride; };
  const auto matches = [&](int phase, int tap) { return (phase + shift - tap) % d.stride == 0; };
  int count = 0;
  for (int phase = 0; phase < c.phases; ++phase) {
    const int a = phase / d.stride;
    const int b = phase % d.stride;
    int low_row = 1 << 20;
    int low_column = 1 << 20;
    for (int u = 0; u < d.kernel; ++u) {
      if (matches(a, u)) low_row = std::min(low_row, displacement(a, u));
      if (matches(b, u)) low_column = std::min(low_column, displacement(b, u));
    }
    c.taps.low_row[phase] = low_row;
    c.taps.low_column[phase] = low_column;
    for (int u = 0; u < d.kernel; ++u) {
      for (int v = 0; v < d.kernel; ++v) {
        if (!matches(a, u) || !matches(b, v)) continue;
        c.taps.row[count] = static_cast<signed char>(displacement(a, u) - low_row);
        c.taps.column[count] = static_cast<signed char>(displacement(b, v) - low_column);
        c.taps.index[count] = static_cast<signed char>(u * d.kernel + v);
        ++count;
      }
    }
    c.taps.begin[phase + 1] = count;
  }
  for (int phase = c.phases; phase < 4; ++phase) c.taps.begin[phase + 1] = count;
  return c;
}

Correlator::Correlator(const Correlation& correlation, const Context& context)
    : c_(correlation),
      device_(&context.device),
      precision_(context.precision),
      tile_(choose_tile(correlation, context.device, context.precision)) {
  check(cudaFuncSetAttribute(reinterpret_cast<const void*>(function_for(precision_, tile_)),
                             cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(context.device.shared_memory())),
        "asking for shared memory");
}

int Correlator::in_pairs() const {
  return ceil_div(c_.in_channels, 2 * lanes_of(precision_));
}

int Correlator::channel_parts() const {
  return ceil_div(c_.out_channels, tile_.channels);
}

int Correlator::blocks_of_part() const {
  return tile_.tiles_down * tile_.tiles_across * c_.phases;
}

std::size_t Correlator::statistics_size() const {
  return static_cast<std::size_t>(channel_parts()) * statistics_items(blocks_of_part()) * 2 * (tile_.channels + 1);
}

int Correlator::statistics_counters() const {
  return channel_parts() * (1 + statistics_items(blocks_of_part()) - blocks_of_part());
}

std::size_t Correlator::packed_pieces() const {
  return static_cast<std::size_t>(channel_parts()) * in_pairs() * c_.kernel_area * 2 * tile_.channels;
}

void Correlator::run(const CorrelationOperands& at) const {
  const CorrelationPlan plan{.c = c_,
                             .t = tile_,
                             .in_blocks = ceil_div(c_.in_channels, lanes_of(precision_)),
                             .out_blocks = ceil_div(c_.out_channels, lanes_of(precision_)),
                             .pairs = in_pairs()};
  const dim3 grid(tile_.tiles_down * tile_.tiles_across * tile_.splits, channel_parts(), c_.phases);
  launch_clusters(*device_, tile_.splits, function_for(precision_, tile_), grid, dim3(correlation_threads),
                  tile_.shared, plan, at);
}

}  // namespace dipper::cuda
