// SPDX-License-Identifier: Apache-2.0
// The loops outside of layers.
#include <algorithm>
#include <numbers>

#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"

namespace dipper::cuda {
namespace {

constexpr int threads = 256;
constexpr int together = 4;  // elements of a thread

dim3 grid_of(std::size_t count, int of_a_thread) {
  const std::size_t of_a_cta = static_cast<std::size_t>(threads) * of_a_thread;
  return dim3(static_cast<unsigned>((count + of_a_cta - 1) / of_a_cta));
}

__device__ inline std::size_t this_thread() {
  return static_cast<std::size_t>(blockIdx.x) * threads + threadIdx.x;
}

struct AdamState {
  const float* gradient;
  float* theta;
  float* m;
  float* v;
};

__global__ void __launch_bounds__(threads)
    adam_kernel(const StepValues* step, AdamRule rule, AdamState state, std::size_t count) {
  const float rate = step->rate;
  const float v_scale = step->v_scale;
  const std::size_t begin = static_cast<std::size_t>(blockIdx.x) * threads * together + threadIdx.x;
  const float unscaled = 1 / rule.loss_scale;
  float g[together];
  float m[together];
  float v[together];
  float theta[together];
#pragma unroll
  for (int k = 0; k < together; ++k) {
    const std::size_t i = begin + static_cast<std::size_t>(k) * threads;
    if (i >= count) continue;
    g[k] = state.gradient[i] * unscaled;
    m[k] = state.m[i];
    v[k] = state.v[i];
    theta[k] = state.theta[i];
  }
#pragma unroll
  for (int k = 0; k < together; ++k) {
    const std::size_t i = begin + static_cast<std::size_t>(k) * threads;
    if (i >= count) return;
    const float mean = rule.beta1 * m[k] + (1 - rule.beta1) * g[k];
    const float square = rule.beta2 * v[k] + (1 - rule.beta2) * (g[k] * g[k]);
    state.m[i] = mean;
    state.v[i] = square;
    state.theta[i] = theta[k] - rate * mean / (sqrtf(square) * v_scale + rule.epsilon);
  }
}

/// As Philox::block().
__device__ uint4 philox_block(const Philox& random, std::uint64_t step, std::uint64_t index) {
  uint4 c = {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(random.stream),
             static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)};
  auto key0 = static_cast<std::uint32_t>(random.seed);
  auto key1 = static_cast<std::uint32_t>(random.seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const std::uint32_t high_a = __umulhi(0xD2511F53U, c.x);
    const std::uint32_t low_a = 0xD2511F53U * c.x;
    const std::uint32_t high_b = __umulhi(0xCD9E8D57U, c.z);
    const std::uint32_t low_b = 0xCD9E8D57U * c.z;
    c = {high_b ^ c.y ^ key0, low_b, high_a ^ c.w ^ key1, low_a};
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return c;
}

/// Box and Muller: two words give two normal numbers.
__device__ float2 box_muller(std::uint32_t first, std::uint32_t second) {
  const float u = (static_cast<float>(first >> 8) + 1) * 0x1p-24F;  // (0, 1]
  const float angle = static_cast<float>(second >> 8) * static_cast<float>(2 * std::numbers::pi * 0x1p-24);
  const float radius = sqrtf(-2 * logf(u));
  float sine = 0;
  float cosine = 0;
  sincosf(angle, &sine, &cosine);
  return {radius * cosine, radius * sine};
}

/// A thread makes four numbers.
__global__ void __launch_bounds__(threads) normal_kernel(const StepValues* step, Philox random, float scale,
                                                         const float* from, float* out, std::size_t count) {
  const std::size_t begin = 4 * this_thread();
  if (begin >= count) return;
  const uint4 words = philox_block(random, step->number, begin / 4);
  const float2 low = box_muller(words.x, words.y);
  const float2 high = box_muller(words.z, words.w);
  const float values[4] = {scale * low.x, scale * low.y, scale * high.x, scale * high.y};
  const auto places = reinterpret_cast<std::uintptr_t>(out) | reinterpret_cast<std::uintptr_t>(from);
  if (begin + 4 <= count && places % sizeof(float4) == 0) {
    const float4 old = from != nullptr ? *reinterpret_cast<const float4*>(from + begin) : float4{};
    *reinterpret_cast<float4*>(out + begin) = {old.x + values[0], old.y + values[1], old.z + values[2],
                                               old.w + values[3]};
    return;
  }
  for (int k = 0; k < 4; ++k) {
    if (begin + k < count) out[begin + k] = from != nullptr ? from[begin + k] + values[k] : values[k];
  }
}

struct Averaged {
  const float* x;
  const float* base;    // null: 0
  const float* shares;  // null: the step's, for all
};

/// A thread takes one place of `period`, in every `gridDim.y`-th period.
__global__ void __launch_bounds__(threads)
    average_kernel(const StepValues* step, Averaged from, float* average, std::size_t count, std::size_t period) {
  const std::size_t place = this_thread();
  if (place >= period) return;
  const float share = from.shares != nullptr ? from.shares[place] : step->old_share;
  for (std::size_t i = blockIdx.y * period + place; i < count; i += gridDim.y * period) {
    const float value = from.base != nullptr ? from.base[i] + from.x[i] : from.x[i];
    average[i] = share * average[i] + (1 - share) * value;
  }
}

/// Grids of (pixels, blocks).
template <class T>
__global__ void __launch_bounds__(threads)
    make_native(const float* plain, int channels, std::size_t pixels, Piece* native) {
  const std::size_t pixel = this_thread();
  if (pixel >= pixels) return;
  Lanes<T> values;
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) {
    const auto c = static_cast<int>(blockIdx.y) * lanes<T> + i;
    values.at[i] = c < channels ? plain[c * pixels + pixel] : 0;
  }
  native[blockIdx.y * pixels + pixel] = pack<T>(values);
}

template <class T>
__global__ void __launch_bounds__(threads)
    make_plain(const Piece* native, int channels, std::size_t pixels, float* plain) {
  const std::size_t pixel = this_thread();
  if (pixel >= pixels) return;
  const Lanes<T> values = unpack<T>(native[blockIdx.y * pixels + pixel]);
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) {
    const auto c = static_cast<int>(blockIdx.y) * lanes<T> + i;
    if (c < channels) plain[c * pixels + pixel] = values.at[i];
  }
}

constexpr int chains = 16;
constexpr int rounds = 1 << 13;

/// Chains of multiply-adds, each of which waits for the one before in its own chain alone.
__global__ void __launch_bounds__(threads) multiply_add(float factor, float term, float* out) {
  float values[chains];
#pragma unroll
  for (int i = 0; i < chains; ++i) values[i] = static_cast<float>(threadIdx.x + i);
#pragma unroll 8
  for (int round = 0; round < rounds; ++round) {
#pragma unroll
    for (int i = 0; i < chains; ++i) values[i] = fmaf(values[i], factor, term);
  }
  float sum = 0;
#pragma unroll
  for (int i = 0; i < chains; ++i) sum += values[i];
  // Never so, but the compiler does not know that, and has to compute the sum.
  if (sum == -1) *out = sum;
}

/// Times what lies between its start and its end on a device's stream.
class Timer {
 public:
  explicit Timer(const Device& device) : stream_(device.stream()) {
    check(cudaEventCreate(&begin_), "making an event");
    check(cudaEventCreate(&end_), "making an event");
  }
  ~Timer() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start() { check(cudaEventRecord(begin_, stream_), "timing"); }

  [[nodiscard]] double seconds() {
    float milliseconds = 0;
    check(cudaEventRecord(end_, stream_), "timing");
    check(cudaEventSynchronize(end_), "timing");
    check(cudaEventElapsedTime(&milliseconds, begin_, end_), "timing");
    return 1e-3 * milliseconds;
  }

 private:
  cudaStream_t stream_;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
};

}  // namespace

void adam(const Device& device, const AdamRule& rule, std::span<const float> gradient, std::span<float> theta,
          std::span<float> m, std::span<float> v) {
  if (theta.empty()) return;
  const AdamState state{gradient.data(), theta.data(), m.data(), v.data()};
  launch(device, adam_kernel, grid_of(theta.size(), together), threads, 0, device.step(), rule, state, theta.size());
}

void normal(const Device& device, const Philox& random, float scale, const float* from, std::span<float> out) {
  if (out.empty()) return;
  launch(device, normal_kernel, grid_of(out.size(), 4), threads, 0, device.step(), random, scale, from, out.data(),
         out.size());
}

void average(const Device& device, std::span<const float> x, std::span<const float> base, std::span<const float> shares,
             std::span<float> average) {
  if (average.empty()) return;
  const Averaged from{x.data(), base.empty() ? nullptr : base.data(), shares.empty() ? nullptr : shares.data()};
  const std::size_t period = shares.empty() ? average.size() : shares.size();
  dim3 grid = grid_of(period, 1);
  grid.y = static_cast<unsigned>(std::min<std::size_t>(average.size() / period, 1 << 10));
  launch(device, average_kernel, grid, threads, 0, device.step(), from, average.data(), average.size(), period);
}

void to_native(const Context& context, const Shape& shape, const float* plain, float* native) {
  with_storage(context.precision, [&](auto storage) {
    using T = decltype(storage);
    dim3 grid = grid_of(shape.plane(), 1);
    grid.y = blocks_of<T>(shape.channels);
    launch(context.device, make_native<T>, grid, threads, 0, plain, shape.channels, shape.plane(), pieces(native));
  });
}

void to_plain(const Context& context, const Shape& shape, const float* native, float* plain) {
  with_storage(context.precision, [&](auto storage) {
    using T = decltype(storage);
    dim3 grid = grid_of(shape.plane(), 1);
    grid.y = blocks_of<T>(shape.channels);
    launch(context.device, make_plain<T>, grid, threads, 0, pieces(native), shape.channels, shape.plane(), plain);
  });
}

double measure_peak(const Device& device) {
  constexpr double enough = 0.25;  // seconds
  const Block out = device.allocate(1);
  const int ctas = 8 * device.multiprocessors();
  const double operations = 2.0 * chains * rounds * threads * ctas;
  Timer timer(device);
  double all = 0;
  double best = 0;
  // The first bursts wake the device up.
  while (all < enough) {
    timer.start();
    launch(device, multiply_add, ctas, threads, 0, 0.5F, 1.0F, out.get());
    const double seconds = timer.seconds();
    all += seconds;
    best = std::max(best, 1e-9 * operations / seconds);
  }
  return best;
}

}  // namespace dipper::cuda
