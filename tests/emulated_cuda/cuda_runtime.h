// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include <cuda_runtime_api.h>
#include "emulated_cuda/emulator.hpp"

using std::isfinite;

/// Of CUDA's language what the kernels use.
#define __global__
#define __device__
#define __host__
#define __grid_constant__
#define __launch_bounds__(...)
// A thread block's alone, since a thread of the host runs one at a time.
#define __shared__ static thread_local

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned columns = 1, unsigned rows = 1, unsigned planes = 1) : x(columns), y(rows), z(planes) {}
};

extern constinit thread_local uint3 threadIdx;
extern constinit thread_local uint3 blockIdx;
extern constinit thread_local dim3 blockDim;
extern constinit thread_local dim3 gridDim;

template <class A, class B>
auto min(A a, B b) {
  using Both = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<Both>) return std::fmin(static_cast<Both>(a), static_cast<Both>(b));
  return static_cast<Both>(b) < static_cast<Both>(a) ? static_cast<Both>(b) : static_cast<Both>(a);
}
template <class A, class B>
auto max(A a, B b) {
  using Both = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<Both>) return std::fmax(static_cast<Both>(a), static_cast<Both>(b));
  return static_cast<Both>(a) < static_cast<Both>(b) ? static_cast<Both>(b) : static_cast<Both>(a);
}

inline float __uint_as_float(unsigned word) {
  return std::bit_cast<float>(word);
}
inline unsigned __float_as_uint(float value) {
  return std::bit_cast<unsigned>(value);
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((std::uint64_t{a} * b) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned by) {
  return static_cast<unsigned>(((std::uint64_t{high} << 32) | low) >> (by & 31));
}
template <class T>
T __ldcg(const T* at) {
  return *at;
}

inline void __threadfence() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}
inline unsigned atomicAdd(unsigned* to, unsigned value) {
  return std::atomic_ref(*to).fetch_add(value);
}

inline void __syncthreads() {
  emulated::meet_block(false);
}
inline int __syncthreads_count(int is_true) {
  return emulated::meet_block(is_true != 0);
}

namespace emulated {
template <class T>
struct Shuffled {
  T value;
  int from;
  T result;
};
template <class T>
T shuffle(const char* what, T value, int from) {
  Shuffled<T> mine{value, from, value};
  meet_warp(what, &mine, [](void* const* all) {
    for (int lane = 0; lane < warp_size; ++lane) {
      auto& to = *static_cast<Shuffled<T>*>(all[lane]);
      to.result = static_cast<const Shuffled<T>*>(all[to.from & (warp_size - 1)])->value;
    }
  });
  return mine.result;
}
inline int lane() {
  return static_cast<int>((threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x) % warp_size;
}
}  // namespace emulated

template <class T>
T __shfl_sync(unsigned mask, T value, int from) {
  if (mask != ~0U) emulated::fail("__shfl_sync() of a part of a warp");
  static constexpr char what[] = "__shfl_sync()";
  return emulated::shuffle(what, value, from);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int with) {
  if (mask != ~0U) emulated::fail("__shfl_xor_sync() of a part of a warp");
  static constexpr char what[] = "__shfl_xor_sync()";
  return emulated::shuffle(what, value, emulated::lane() ^ with);
}

enum cudaLaunchAttributeID { cudaLaunchAttributeClusterDimension = 4 };
struct cudaLaunchAttribute {
  cudaLaunchAttributeID id;
  struct {
    struct {
      unsigned x, y, z;
    } clusterDim;
  } val;
};
struct cudaLaunchConfig_t {
  dim3 gridDim;
  dim3 blockDim;
  std::size_t dynamicSmemBytes;
  cudaStream_t stream;
  cudaLaunchAttribute* attrs;
  unsigned numAttrs;
};

namespace emulated {
/// `function`: of the kernel, for what was asked of it.
cudaError_t launch(const void* function, const Launch& launch, cudaStream_t stream);
}  // namespace emulated

template <class... Parameters>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Parameters... arguments) {
  emulated::Launch launch;
  launch.grid = {config->gridDim.x, config->gridDim.y, config->gridDim.z};
  launch.block = {config->blockDim.x, config->blockDim.y, config->blockDim.z};
  launch.shared = config->dynamicSmemBytes;
  if (config->numAttrs > 0) launch.cluster = config->attrs[0].val.clusterDim.x;
  launch.kernel = [kernel, all = std::tuple<Parameters...>(arguments...)] { std::apply(kernel, all); };
  return emulated::launch(reinterpret_cast<const void*>(kernel), launch, config->stream);
}
