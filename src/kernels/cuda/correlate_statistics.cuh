// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/correlate.hpp"
#include "kernels/cuda/instructions.cuh"

namespace dipper::cuda {

/// How many thread ctas, or groups of them, are put together at once.
inline constexpr int statistics_fan = 32;

/// How many partial sums there are: of the CTAs that have the same channels, and of groups of them.
constexpr int statistics_items(int ctas) {
  return ctas + (ctas > statistics_fan ? ceil_div(ctas, statistics_fan) : 0);
}

/// Of shared memory, that the statistics of so many channels take.
constexpr int statistics_pieces(int channels, int threads) {
  const int groups = (threads > channels ? threads : channels) * 3 / 2;  // of three doubles
  const int warps = threads / 32 * channels / 2;
  return groups + warps + 2;
}

/// What the BatchNorm that reads a correlation's output saves, taken of the sums before they leave their registers: of
/// each warp, of each thread block, of up to 32 blocks by the last of them, and of all by the last of those. Each has
/// sums and squares around a mean of its own, so that little is lost where means are large, and they are put together
/// in a fixed order (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
/// variances", 1979).
template <class S>
struct CorrelationStatistics {
  static constexpr int threads = S::threads;
  static constexpr int rows = threads / 32 / S::warps_across;  // of warps that have the same channels
  static constexpr int groups = S::channels < threads ? threads / S::channels : 1;

  /// Of some pixels: sums of x - c and of its squares, with a centre c that is near the mean.
  struct Sums {
    double sum = 0;
    double squares = 0;
    double count = 0;
  };

  /// In shared memory.
  struct Room {
    Sums of_groups[groups * S::channels];
    float2 warps[rows][S::channels];  // sums, and sums of squares around their mean
    int counts[rows];
    bool is_last;
  };
  static_assert(sizeof(Room) <= statistics_pieces(S::channels, threads) * sizeof(Piece));

  const NormOperands& norm;
  Room& room;
  int out_channels;
  int ctas;  // that have the same channels as this one
  int cta;   // the number of this one

  /// inside(a, half): whether the pixel is one of the picture; stored(a, half, b): the two values that were written.
  template <class Inside, class Stored>
  __device__ void take(const Inside& inside, const Stored& stored) const {
    sum_warp(inside, stored);
    __syncthreads();
    sum_cta();
    if (ctas <= statistics_fan) {
      if (!comes_last(0, ctas)) return;
      merge(0, ctas);
    } else {
      const int group = cta / statistics_fan;
      const int first = group * statistics_fan;
      const int count = min(statistics_fan, ctas - first);
      if (!comes_last(1 + group, count)) return;
      merge(first, count);
      put_group(ctas + group, first);
      if (!comes_last(0, statistics_items(ctas) - ctas)) return;
      merge(ctas, statistics_items(ctas) - ctas);
    }
    save(ctas <= statistics_fan ? 0 : ctas);
  }

 private:
  // A channel's pixels are in the lanes of the same rest over 4.
  template <class Number>
  __device__ static Number over_pixels(Number value) {
#pragma unroll
    for (int step = 4; step < 32; step *= 2) value += __shfl_xor_sync(~0U, value, step);
    return value;
  }

  template <class Inside, class Stored>
  __device__ void sum_warp(const Inside& inside, const Stored& stored) const {
    const int lane = threadIdx.x % 32;
    const int row = threadIdx.x / 32 / S::warps_across;
    const int first = threadIdx.x / 32 % S::warps_across * S::b_tiles * 8 + lane % 4 * 2;
    int count = 0;
    for_each_pixel(inside, [&](int /*a*/, int /*half*/) { ++count; });
    count = over_pixels(count);
    const float share = count > 0 ? 1 / static_cast<float>(count) : 0;
#pragma unroll
    for (int b = 0; b < S::b_tiles; ++b) {
      float2 sum{};
      for_each_pixel(inside, [&](int a, int half) {
        const float2 values = stored(a, half, b);
        sum.x += values.x;
        sum.y += values.y;
      });
      sum = {over_pixels(sum.x), over_pixels(sum.y)};
      float2 squares{};
      for_each_pixel(inside, [&](int a, int half) {
        const float2 values = stored(a, half, b);
        squares.x += square(values.x - sum.x * share);
        squares.y += square(values.y - sum.y * share);
      });
      squares = {over_pixels(squares.x), over_pixels(squares.y)};
      if (lane >= 4) continue;
      room.warps[row][first + 8 * b] = {sum.x, squares.x};
      room.warps[row][first + 8 * b + 1] = {sum.y, squares.y};
    }
    if (lane == 0 && threadIdx.x / 32 % S::warps_across == 0) room.counts[row] = count;
  }

  template <class Inside, class Action>
  __device__ static void for_each_pixel(const Inside& inside, const Action& action) {
#pragma unroll
    for (int a = 0; a < S::a_tiles; ++a) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        if (inside(a, half)) action(a, half);
      }
    }
  }

  __device__ static float square(float value) {
    return value * value;
  }

  // Items are sums and squares around their mean, channel by channel, after which come all items' counts.
  [[nodiscard]] __device__ float2* item(int number) const {
    const std::size_t before = static_cast<std::size_t>(blockIdx.y) * statistics_items(ctas) * (S::channels + 1);
    return norm.partials + before + static_cast<std::size_t>(number) * S::channels;
  }
  [[nodiscard]] __device__ float* counts() const {
    return &item(statistics_items(ctas))->x;
  }

  __device__ void sum_cta() const {
    int count = 0;
    for (int row = 0; row < rows; ++row) count += room.counts[row];
    for (int c = threadIdx.x; c < S::channels; c += threads) {
      float sum = 0;
      for (int row = 0; row < rows; ++row) sum += room.warps[row][c].x;
      const float mean = count > 0 ? sum / static_cast<float>(count) : 0;
      float squares = 0;
      for (int row = 0; row < rows; ++row) {
        if (room.counts[row] == 0) continue;
        const auto of_row = static_cast<float>(room.counts[row]);
        squares += room.warps[row][c].y + of_row * square(room.warps[row][c].x / of_row - mean);
      }
      item(cta)[c] = {sum, squares};
    }
    if (threadIdx.x == 0) counts()[cta] = static_cast<float>(count);
  }

  // Whether all others that count up to `all` there have left what they had to.
  [[nodiscard]] __device__ bool comes_last(int counter, int all) const {
    unsigned* const arrived = norm.arrived + blockIdx.y * (1 + statistics_items(ctas) - ctas) + counter;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
      room.is_last = atomicAdd(arrived, 1U) == static_cast<unsigned>(all - 1);
      if (room.is_last) *arrived = 0;
    }
    __syncthreads();
    __threadfence();
    return room.is_last;
  }

  // Items from `first` on.
  __device__ void merge(int first, int count) const {
    for (int i = threadIdx.x; i < groups * S::channels; i += threads) {
      const int c = i % S::channels;
      const double centre = centre_of(first, c);
      Sums sums;
#pragma unroll 4
      for (int n = i / S::channels; n < count; n += groups) {
        const float2 part = __ldcg(item(first + n) + c);
        const float pixels = __ldcg(counts() + first + n);
        if (pixels == 0) continue;
        const double apart = part.x - pixels * centre;
        sums.sum += apart;
        sums.squares += part.y + apart * apart * (1 / pixels);
        sums.count += pixels;
      }
      room.of_groups[i] = sums;
    }
    __syncthreads();
  }

  // The first item's mean, which is as near to all others' as any; 0 where it has no pixels.
  [[nodiscard]] __device__ double centre_of(int first, int c) const {
    const float pixels = __ldcg(counts() + first);
    return pixels > 0 ? __ldcg(item(first) + c).x / static_cast<double>(pixels) : 0;
  }

  // What merge() has left of a channel.
  [[nodiscard]] __device__ Sums merged(int c) const {
    Sums sums;
    for (int group = 0; group < groups; ++group) {
      const Sums& part = room.of_groups[group * S::channels + c];
      sums.sum += part.sum;
      sums.squares += part.squares;
      sums.count += part.count;
    }
    return sums;
  }

  __device__ void put_group(int number, int first) const {
    for (int c = threadIdx.x; c < S::channels; c += threads) {
      const Sums sums = merged(c);
      const double squares = sums.count > 0 ? max(0.0, sums.squares - sums.sum * sums.sum / sums.count) : 0;
      item(number)[c] = {static_cast<float>(sums.sum + sums.count * centre_of(first, c)), static_cast<float>(squares)};
      if (c == 0) counts()[number] = static_cast<float>(sums.count);
    }
  }

  __device__ void save(int first) const {
    for (int c = threadIdx.x; c < S::channels; c += threads) {
      const int channel = static_cast<int>(blockIdx.y) * S::channels + c;
      if (channel >= out_channels) return;
      const Sums sums = merged(c);
      const double mean = sums.sum / sums.count;
      const double variance = max(0.0, sums.squares / sums.count - mean * mean);
      const double inverse = 1 / sqrt(variance + norm.epsilon);
      norm.saved[channel] = static_cast<float>(centre_of(first, c) + mean);
      norm.saved[out_channels + channel] = static_cast<float>(inverse * norm.theta[channel]);
      norm.saved[2 * out_channels + channel] = norm.theta[out_channels + channel];
      norm.saved[3 * out_channels + channel] = static_cast<float>(inverse);
    }
  }
};

}  // namespace dipper::cuda
