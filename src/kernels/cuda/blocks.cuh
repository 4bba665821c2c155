// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/device.hpp"
#include "kernels/desc.hpp"

/// Native tensors lie as [block of channels][row][column][16 bytes]: four channels in float, eight in 16 bits. So
/// every pixel of a block is one load, neighbours in a row are neighbours in memory, and both are what the tensor
/// cores' loads want. Channels that fill up the last block hold finite numbers of no meaning.
namespace dipper::cuda {

using Bf16 = __nv_bfloat16;
using Half = __half;

/// How products are made: of bfloat16 or float16; of floats whose factors are rounded to 11 bits; or of floats as sums
/// of three such products, which loses no more than float32 itself (Ootomo and Yokota, "Recovering single precision
/// accuracy from Tensor Cores", 2022).
enum class Arithmetic { bf16, fp16, tf32, f32 };

/// Whether its factors have 16 bits.
template <Arithmetic arithmetic>
inline constexpr bool is_narrow = arithmetic == Arithmetic::bf16 || arithmetic == Arithmetic::fp16;

template <Arithmetic arithmetic>
using Storage = std::conditional_t<arithmetic == Arithmetic::bf16, Bf16,
                                   std::conditional_t<arithmetic == Arithmetic::fp16, Half, float>>;

/// Calls make(std::integral_constant<Arithmetic, ...>()) with what a precision's products are.
template <class Make>
auto with_arithmetic(Precision precision, const Make& make) {
  switch (precision) {
    case Precision::bf16:
      return make(std::integral_constant<Arithmetic, Arithmetic::bf16>());
    case Precision::fp16:
      return make(std::integral_constant<Arithmetic, Arithmetic::fp16>());
    case Precision::tf32:
      return make(std::integral_constant<Arithmetic, Arithmetic::tf32>());
    default:
      return make(std::integral_constant<Arithmetic, Arithmetic::f32>());
  }
}

/// Calls make(T()) with what activations are stored as.
template <class Make>
auto with_storage(Precision precision, const Make& make) {
  return with_arithmetic(precision, [&](auto arithmetic) { return make(Storage<arithmetic.value>()); });
}

inline bool has_narrow_factors(Precision precision) {
  return with_arithmetic(precision, [](auto arithmetic) { return is_narrow<arithmetic.value>; });
}
inline int lanes_of(Precision precision) {
  return has_narrow_factors(precision) ? 8 : 4;
}

/// Whether the machine code that is being made has products of warpgroups: a Hopper's alone. On a host, whose device is
/// emulated, it has all there is.
constexpr bool makes_products([[maybe_unused]] bool of_warpgroups) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  return of_warpgroups;
#elif defined(__CUDA_ARCH__)
  return !of_warpgroups;
#else
  return true;
#endif
}

/// Of kernels that are never started where this code runs.
__device__ inline void never() {
#ifdef __CUDA_ARCH__
  __trap();
#endif
}

/// The 16 bytes of one pixel in one block.
using Piece = uint4;

template <class T>
inline constexpr int lanes = 16 / static_cast<int>(sizeof(T));

template <class T>
constexpr int blocks_of(int channels) {
  return (channels + lanes<T> - 1) / lanes<T>;
}

/// Native tensors in the hands of layers are typed as floats.
template <class P>
__host__ __device__ auto pieces(P* tensor) {
  if constexpr (std::is_const_v<P>) {
    return reinterpret_cast<const Piece*>(tensor);
  } else {
    return reinterpret_cast<Piece*>(tensor);
  }
}

template <class T>
struct Lanes {
  float at[lanes<T>];
};

/// Two values of 16 bits.
template <class T>
__device__ inline float2 widened(std::uint32_t both) {
  if constexpr (std::is_same_v<T, Bf16>) {
    return {__uint_as_float(both << 16), __uint_as_float(both & 0xFFFF0000U)};  // it is the upper half of a float
  } else {
    return __half22float2(*reinterpret_cast<const __half2*>(&both));
  }
}

template <class T>
__device__ inline Lanes<T> unpack(Piece piece) {
  Lanes<T> values;
  if constexpr (std::is_same_v<T, float>) {
    values.at[0] = __uint_as_float(piece.x);
    values.at[1] = __uint_as_float(piece.y);
    values.at[2] = __uint_as_float(piece.z);
    values.at[3] = __uint_as_float(piece.w);
  } else {
    const std::uint32_t words[4] = {piece.x, piece.y, piece.z, piece.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float2 both = widened<T>(words[i]);
      values.at[2 * i] = both.x;
      values.at[2 * i + 1] = both.y;
    }
  }
  return values;
}

/// What is beyond the largest float16 becomes that; what is no number stays none.
__device__ inline float within_half(float value) {
  constexpr float most = 65504;
  return value > most ? most : (value < -most ? -most : value);
}

/// Two values in 16 bits each.
template <class T>
__device__ inline std::uint32_t narrowed(float low, float high) {
  if constexpr (std::is_same_v<T, Bf16>) {
    const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const std::uint32_t*>(&both);
  } else {
    const __half2 both = __floats2half2_rn(within_half(low), within_half(high));
    return *reinterpret_cast<const std::uint32_t*>(&both);
  }
}

/// As they are when they have been stored.
template <class T>
__device__ inline float2 as_stored(float first, float second) {
  if constexpr (std::is_same_v<T, float>) {
    return {first, second};
  } else {
    return widened<T>(narrowed<T>(first, second));
  }
}

template <class T>
__device__ inline Piece pack(const Lanes<T>& values) {
  if constexpr (std::is_same_v<T, float>) {
    return {__float_as_uint(values.at[0]), __float_as_uint(values.at[1]), __float_as_uint(values.at[2]),
            __float_as_uint(values.at[3])};
  } else {
    return {narrowed<T>(values.at[0], values.at[1]), narrowed<T>(values.at[2], values.at[3]),
            narrowed<T>(values.at[4], values.at[5]), narrowed<T>(values.at[6], values.at[7])};
  }
}

/// What a layer that normalises as it loads has to know of one block of channels; see Load. Without it, nothing.
struct Normaliser {
  const float* norm = nullptr;  // mean, scale, beta of each channel; null: take values as they are
  int channels = 0;
  float slope = 1;
};

inline Normaliser normaliser(const Load& load, const float* norm, int channels) {
  return {load.normalise ? norm : nullptr, channels, static_cast<float>(load.slope)};
}

/// One block's part of a Normaliser, in registers.
template <class T>
struct BlockNorm {
  float mean[lanes<T>];
  float scale[lanes<T>];
  float beta[lanes<T>];
  float slope;

  __device__ BlockNorm(const Normaliser& from, int block) : slope(from.slope) {
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      const int c = block * lanes<T> + i;
      const bool is_one = c < from.channels;
      mean[i] = is_one ? from.norm[c] : 0;
      scale[i] = is_one ? from.norm[from.channels + c] : 0;
      beta[i] = is_one ? from.norm[2 * from.channels + c] : 0;
    }
  }

  __device__ Lanes<T> operator()(Lanes<T> x) const {
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      const float t = (x.at[i] - mean[i]) * scale[i] + beta[i];
      x.at[i] = t > 0 ? t : t * slope;
    }
    return x;
  }
};

/// Writes a gradient's piece, or adds to what is there.
template <class T>
__device__ inline void put(Piece* to, const Lanes<T>& values, bool accumulate) {
  Lanes<T> sum = values;
  if (accumulate) {
    const Lanes<T> old = unpack<T>(*to);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) sum.at[i] += old.at[i];
  }
  *to = pack<T>(sum);
}

/// Launches on the device's stream, in clusters of so many thread blocks that are neighbours along x.
template <class... Parameters, class... Arguments>
void launch_clusters(const Device& device, int cluster, void (*kernel)(Parameters...), dim3 grid, dim3 threads,
                     std::size_t shared, Arguments&&... arguments) {
  cudaLaunchAttribute size{};
  size.id = cudaLaunchAttributeClusterDimension;
  size.val.clusterDim = {static_cast<unsigned>(cluster), 1, 1};
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = threads;
  config.dynamicSmemBytes = shared;
  config.stream = device.stream();
  config.attrs = &size;
  config.numAttrs = cluster > 1 ? 1 : 0;
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), "starting a kernel");
}

template <class... Parameters, class... Arguments>
void launch(const Device& device, void (*kernel)(Parameters...), dim3 grid, dim3 threads, std::size_t shared,
            Arguments&&... arguments) {
  launch_clusters(device, 1, kernel, grid, threads, shared, static_cast<Arguments&&>(arguments)...);
}

constexpr int ceil_div(int a, int b) {
  return (a + b - 1) / b;
}

}  // namespace dipper::cuda
