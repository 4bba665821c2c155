// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime.h>

#include <algorithm>

#include "kernels/cuda/blocks.cuh"

/// Sums over many CTAs in one launch: each leaves its sums in memory, and the last one to come adds those up, always in
/// the same order.
namespace dipper::cuda {

inline constexpr int sum_threads = 256;  // of a CTA that sums, at most
inline constexpr int sum_ctas = 3;       // of them for each multiprocessor

/// Into how many CTAs to cut a sum over `pixels` that is taken `blocks` times.
inline int slices_of(const Device& device, int blocks, int pixels) {
  constexpr int least = 4 * sum_threads;  // pixels that are worth a CTA
  return std::clamp(sum_ctas * device.multiprocessors() / blocks, 1, ceil_div(pixels, least));
}

/// No more threads than pixels, but whole warps.
inline int threads_for(int pixels) {
  return std::min(sum_threads, 32 * ceil_div(pixels, 32));
}

/// Where the CTAs of one sum meet.
struct Meeting {
  float* partials;    // all of their sums
  unsigned* arrived;  // how many have come; 0 before and after
  int ctas;
  int rank;  // of this one
};

/// Shared memory for `count` sums.
template <int count>
struct SumRoom {
  float warps[sum_threads / 32 * count];
  double groups[sum_threads];
  double totals[count];
  bool is_last;
};

/// Lane i gets the warp's sum of value i % count, a power of two. Each step halves the values that a lane still has to
/// look after, and doubles the lanes that they stand for.
template <int count>
__device__ inline float warp_sums(float (&values)[count]) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int half = count / 2; half > 0; half /= 2) {
    const bool is_upper = (lane & half) != 0;
#pragma unroll
    for (int i = 0; i < half; ++i) {
      const float kept = is_upper ? values[i + half] : values[i];
      const float sent = is_upper ? values[i] : values[i + half];
      values[i] = kept + __shfl_xor_sync(~0U, sent, half);
    }
  }
#pragma unroll
  for (int step = count; step < 32; step *= 2) values[0] += __shfl_xor_sync(~0U, values[0], step);
  return values[0];
}

/// All threads of a CTA of whole warps call it, with threadIdx.x alone in use. True in the CTA that came last, whose
/// room.totals are then the sums over all.
template <int count>
__device__ inline bool sum_over_grid(float (&values)[count], const Meeting& meeting, SumRoom<count>& room) {
  const int threads = static_cast<int>(blockDim.x);
  const int thread = static_cast<int>(threadIdx.x);
  const float of_warp = warp_sums(values);
  if (thread % 32 < count) room.warps[thread / 32 * count + thread % 32] = of_warp;
  __syncthreads();
  if (thread < count) {
    float sum = 0;
    for (int warp = 0; warp < threads / 32; ++warp) sum += room.warps[warp * count + thread];
    room.totals[thread] = sum;
    if (meeting.ctas > 1) {
      meeting.partials[meeting.rank * count + thread] = sum;
      __threadfence();
    }
  }
  __syncthreads();
  if (meeting.ctas == 1) return true;
  if (thread == 0) room.is_last = atomicAdd(meeting.arrived, 1U) == static_cast<unsigned>(meeting.ctas - 1);
  __syncthreads();
  if (!room.is_last) return false;
  __threadfence();
  double group = 0;
  for (int i = thread; i < meeting.ctas * count; i += threads) group += __ldcg(meeting.partials + i);
  room.groups[thread] = group;
  __syncthreads();
  if (thread < 32) {
    double sum = 0;
    for (int i = thread; i < threads; i += 32) sum += room.groups[i];
#pragma unroll
    for (int step = 16; step >= count; step /= 2) sum += __shfl_xor_sync(~0U, sum, step);
    if (thread < count) room.totals[thread] = sum;
  }
  if (thread == 0) *meeting.arrived = 0;
  __syncthreads();
  return true;
}

}  // namespace dipper::cuda
