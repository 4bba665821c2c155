// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"

namespace dipper::cuda {
namespace {

constexpr int tile_width = 32;
constexpr int tile_height = 4;
constexpr int march = 4;  // rows that a thread goes down

/// Sizes of the input and the factor, in kernels that know it when they are compiled unless `fixed` is 0.
struct Sizes {
  int height;
  int width;
  int factor;
};

template <int fixed>
__device__ int factor_of(const Sizes& sizes) {
  return fixed > 0 ? fixed : sizes.factor;
}

// Between the centres of samples i and i + 1 of the small axis lie the `factor` positions from first_between(i) on,
// with sample -1 and the one after the last being the edge's own repeated; the k-th has share_of(k) of sample i + 1.
__device__ inline int first_between(int i, int factor) {
  return i * factor + factor / 2;
}

__device__ inline float share_of(int k, int factor) {
  return (static_cast<float>(k) + (factor % 2 == 0 ? 0.5F : 0.0F)) / static_cast<float>(factor);
}

template <class T>
__device__ Lanes<T> mix(const Lanes<T>& low, const Lanes<T>& high, float share) {
  Lanes<T> result;
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) result.at[i] = (1 - share) * low.at[i] + share * high.at[i];
  return result;
}

/// A thread takes the squares between four samples, one below the other, and keeps the lower samples of one for the
/// next.
template <class T, int fixed>
__global__ void __launch_bounds__(tile_width* tile_height)
    bilinear(const Piece* x, Sizes in, Normaliser normaliser, Piece* y) {
  const int f = factor_of<fixed>(in);
  const int j = static_cast<int>(blockIdx.x * tile_width + threadIdx.x) - 1;
  const int begin = static_cast<int>(blockIdx.y * tile_height + threadIdx.y) * march - 1;
  if (j >= in.width || begin >= in.height) return;
  const std::size_t plane = static_cast<std::size_t>(in.height) * in.width;
  x += blockIdx.z * plane;
  y += blockIdx.z * plane * f * f;
  const bool is_normalised = normaliser.norm != nullptr;
  if (!is_normalised) normaliser.channels = 0;
  const BlockNorm<T> norm(normaliser, static_cast<int>(blockIdx.z));
  const auto sample = [&](int row, int column) {
    const std::size_t at = static_cast<std::size_t>(min(max(row, 0), in.height - 1)) * in.width;
    const Lanes<T> values = unpack<T>(x[at + min(max(column, 0), in.width - 1)]);
    return is_normalised ? norm(values) : values;
  };

  Lanes<T> upper_left = sample(begin, j);
  Lanes<T> upper_right = sample(begin, j + 1);
  for (int i = begin; i < min(begin + march, in.height); ++i) {
    const Lanes<T> lower_left = sample(i + 1, j);
    const Lanes<T> lower_right = sample(i + 1, j + 1);
#pragma unroll(fixed > 0 ? fixed : 1)
    for (int a = 0; a < f; ++a) {
      const int row = first_between(i, f) + a;
      if (row < 0 || row >= in.height * f) continue;
      const Lanes<T> left = mix<T>(upper_left, lower_left, share_of(a, f));
      const Lanes<T> right = mix<T>(upper_right, lower_right, share_of(a, f));
      Piece* const to = y + static_cast<std::size_t>(row) * in.width * f;
#pragma unroll(fixed > 0 ? fixed : 1)
      for (int b = 0; b < f; ++b) {
        const int column = first_between(j, f) + b;
        if (column >= 0 && column < in.width * f) to[column] = pack<T>(mix<T>(left, right, share_of(b, f)));
      }
    }
    upper_left = lower_left;
    upper_right = lower_right;
  }
}

/// What sample i of n gives to the k-th position counted from first_between(i - 1), of the 2 factor that it has a part
/// in. At the edges it stands for its neighbour as well.
__device__ inline float weight_of(int i, int n, int k, int factor) {
  if (k < factor) return i == 0 ? 1 : share_of(k, factor);
  return i == n - 1 ? 1 : 1 - share_of(k - factor, factor);
}

template <class T, int fixed>
__global__ void __launch_bounds__(tile_width* tile_height)
    bilinear_back(const Piece* dy, Sizes in, Piece* dx, bool accumulate) {
  const int f = factor_of<fixed>(in);
  const int j = static_cast<int>(blockIdx.x * tile_width + threadIdx.x);
  const int i = static_cast<int>(blockIdx.y * tile_height + threadIdx.y);
  if (j >= in.width || i >= in.height) return;
  const std::size_t plane = static_cast<std::size_t>(in.height) * in.width;
  dy += blockIdx.z * plane * f * f;
  const int height = in.height * f;
  const int width = in.width * f;
  Lanes<T> sum{};
#pragma unroll(fixed > 0 ? 2 * fixed : 1)
  for (int a = 0; a < 2 * f; ++a) {
    const int row = first_between(i - 1, f) + a;
    const float of_row = row >= 0 && row < height ? weight_of(i, in.height, a, f) : 0;
    const Piece* const from = dy + static_cast<std::size_t>(min(max(row, 0), height - 1)) * width;
#pragma unroll(fixed > 0 ? 2 * fixed : 1)
    for (int b = 0; b < 2 * f; ++b) {
      // Loads of weight 0 instead of branches let all of them be in flight.
      const int column = first_between(j - 1, f) + b;
      const float weight = column >= 0 && column < width ? of_row * weight_of(j, in.width, b, f) : 0;
      const Lanes<T> values = unpack<T>(from[min(max(column, 0), width - 1)]);
#pragma unroll
      for (int c = 0; c < lanes<T>; ++c) sum.at[c] += weight * values.at[c];
    }
  }
  put<T>(dx + blockIdx.z * plane + static_cast<std::size_t>(i) * in.width + j, sum, accumulate);
}

template <class T, int fixed>
__global__ void __launch_bounds__(tile_width* tile_height)
    nearest(const Piece* x, Sizes in, Normaliser normaliser, Piece* y) {
  const int f = factor_of<fixed>(in);
  const int j = static_cast<int>(blockIdx.x * tile_width + threadIdx.x);
  const int begin = static_cast<int>(blockIdx.y * tile_height + threadIdx.y) * march;
  if (j >= in.width || begin >= in.height) return;
  const std::size_t plane = static_cast<std::size_t>(in.height) * in.width;
  x += blockIdx.z * plane;
  y += blockIdx.z * plane * f * f;
  const bool is_normalised = normaliser.norm != nullptr;
  if (!is_normalised) normaliser.channels = 0;
  const BlockNorm<T> norm(normaliser, static_cast<int>(blockIdx.z));
  for (int i = begin; i < min(begin + march, in.height); ++i) {
    Piece piece = x[static_cast<std::size_t>(i) * in.width + j];
    if (is_normalised) piece = pack<T>(norm(unpack<T>(piece)));
#pragma unroll(fixed > 0 ? fixed : 1)
    for (int a = 0; a < f; ++a) {
      Piece* const to = y + (static_cast<std::size_t>(i) * f + a) * in.width * f + static_cast<std::size_t>(j) * f;
#pragma unroll(fixed > 0 ? fixed : 1)
      for (int b = 0; b < f; ++b) to[b] = piece;
    }
  }
}

template <class T, int fixed>
__global__ void __launch_bounds__(tile_width* tile_height)
    nearest_back(const Piece* dy, Sizes in, Piece* dx, bool accumulate) {
  const int f = factor_of<fixed>(in);
  const int j = static_cast<int>(blockIdx.x * tile_width + threadIdx.x);
  const int i = static_cast<int>(blockIdx.y * tile_height + threadIdx.y);
  if (j >= in.width || i >= in.height) return;
  const std::size_t plane = static_cast<std::size_t>(in.height) * in.width;
  dy += blockIdx.z * plane * f * f + static_cast<std::size_t>(i) * f * in.width * f + static_cast<std::size_t>(j) * f;
  Lanes<T> sum{};
#pragma unroll(fixed > 0 ? fixed : 1)
  for (int a = 0; a < f; ++a) {
#pragma unroll(fixed > 0 ? fixed : 1)
    for (int b = 0; b < f; ++b) {
      const Lanes<T> values = unpack<T>(dy[static_cast<std::size_t>(a) * in.width * f + b]);
#pragma unroll
      for (int c = 0; c < lanes<T>; ++c) sum.at[c] += values.at[c];
    }
  }
  put<T>(dx + blockIdx.z * plane + static_cast<std::size_t>(i) * in.width + j, sum, accumulate);
}

template <class T, int fixed>
class Upsample final : public Layer<float> {
 public:
  Upsample(const UpsampleDesc& desc, const Device& device)
      : d_(desc),
        device_(&device),
        in_{desc.input.height, desc.input.width, desc.factor},
        is_bilinear_(desc.interpolation == Interpolation::bilinear) {}

  void forward(const Operands<float>& at) override {
    const Normaliser norm = normaliser(d_.load, at.norm, d_.input.channels);
    const int more = is_bilinear_ ? 1 : 0;  // squares between samples than samples
    const auto kernel = is_bilinear_ ? bilinear<T, fixed> : nearest<T, fixed>;
    launch(*device_, kernel, grid(in_.height + more, in_.width + more, march), tile, 0, pieces(at.x[0]), in_, norm,
           pieces(at.y));
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    const auto kernel = is_bilinear_ ? bilinear_back<T, fixed> : nearest_back<T, fixed>;
    launch(*device_, kernel, grid(in_.height, in_.width, 1), tile, 0, pieces(gradients.dy), in_, pieces(dx.data),
           dx.write == Write::accumulate);
  }

 private:
  static constexpr dim3 tile{tile_width, tile_height};

  [[nodiscard]] dim3 grid(int height, int width, int rows_of_a_thread) const {
    return dim3(ceil_div(width, tile_width), ceil_div(height, tile_height * rows_of_a_thread),
                blocks_of<T>(d_.input.channels));
  }

  UpsampleDesc d_;
  const Device* device_;
  Sizes in_;
  bool is_bilinear_;
};

}  // namespace

LayerPointer make_upsample(const UpsampleDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    using T = decltype(storage);
    if (desc.factor == 2) return std::make_unique<Upsample<T, 2>>(desc, context.device);
    return std::make_unique<Upsample<T, 0>>(desc, context.device);
  });
}

}  // namespace dipper::cuda
