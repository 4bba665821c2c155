// SPDX-License-Identifier: Apache-2.0
// The layers that end in one number.
#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/reduce.cuh"

namespace dipper::cuda {
namespace {

/// How far x is from y, and that in x.
struct Rule {
  ErrorKind kind;
  float epsilon;

  __device__ float error(float x, float y) const {
    if (kind == ErrorKind::squared) return (x - y) * (x - y);
    return sqrtf((x - y) * (x - y) + epsilon * epsilon) - epsilon;
  }

  __device__ float slope(float x, float y) const {
    if (kind == ErrorKind::squared) return 2 * (x - y);
    return (x - y) / sqrtf((x - y) * (x - y) + epsilon * epsilon);
  }
};

struct Sizes {
  int channels;
  int pixels;  // of a plane
};

/// The plain tensors of a MaskedError.
struct Measured {
  const float* target;
  const float* weights;
  float* saved;  // the sigmoid's values; null: none
};

/// The CTA's rank in a grid of (slices, blocks).
__device__ Meeting meeting_of(float* partials, unsigned* arrived) {
  return {partials, arrived, static_cast<int>(gridDim.x * gridDim.y),
          static_cast<int>(blockIdx.y * gridDim.x + blockIdx.x)};
}

template <class T>
__global__ void __launch_bounds__(sum_threads)
    masked_error(const Piece* x, Sizes sizes, Normaliser normaliser, Rule rule, Measured measured, double scale,
                 float* partials, unsigned* arrived, float* y) {
  __shared__ SumRoom<1> room;
  const auto block = static_cast<int>(blockIdx.y);
  const bool is_normalised = normaliser.norm != nullptr;
  if (!is_normalised) normaliser.channels = 0;
  const BlockNorm<T> norm(normaliser, block);
  const auto step = static_cast<int>(gridDim.x * blockDim.x);
  float sum[1] = {};
  for (auto pixel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); pixel < sizes.pixels; pixel += step) {
    Lanes<T> values = unpack<T>(x[static_cast<std::size_t>(block) * sizes.pixels + pixel]);
    if (is_normalised) values = norm(values);
    float of_pixel = 0;
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      const int c = block * lanes<T> + i;
      if (c >= sizes.channels) continue;
      const std::size_t at = static_cast<std::size_t>(c) * sizes.pixels + pixel;
      float value = values.at[i];
      if (measured.saved != nullptr) {
        value = 1 / (1 + expf(-value));
        measured.saved[at] = value;
      }
      of_pixel += rule.error(value, measured.target[at]);
    }
    sum[0] += measured.weights[pixel] * of_pixel;
  }
  if (sum_over_grid(sum, meeting_of(partials, arrived), room) && threadIdx.x == 0) {
    *y = static_cast<float>(room.totals[0] * scale);
  }
}

template <class T>
__global__ void __launch_bounds__(sum_threads)
    masked_error_back(const Piece* x, Sizes sizes, Normaliser normaliser, Rule rule, Measured measured, float scale,
                      const float* dy, Piece* dx, bool accumulate) {
  const auto block = static_cast<int>(blockIdx.y);
  const auto pixel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (pixel >= sizes.pixels) return;
  const std::size_t piece = static_cast<std::size_t>(block) * sizes.pixels + pixel;
  Lanes<T> values{};
  if (measured.saved == nullptr) {
    values = unpack<T>(x[piece]);
    if (normaliser.norm != nullptr) values = BlockNorm<T>(normaliser, block)(values);
  }
  const float factor = *dy * scale * measured.weights[pixel];
  Lanes<T> gradient;
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) {
    const int c = block * lanes<T> + i;
    gradient.at[i] = 0;
    if (c >= sizes.channels) continue;
    const std::size_t at = static_cast<std::size_t>(c) * sizes.pixels + pixel;
    const float value = measured.saved != nullptr ? measured.saved[at] : values.at[i];
    gradient.at[i] = factor * rule.slope(value, measured.target[at]);
    if (measured.saved != nullptr) gradient.at[i] *= value * (1 - value);
  }
  put<T>(dx + piece, gradient, accumulate);
}

/// What both losses need to sum in one launch.
class Summing {
 public:
  /// For `ctas` of them.
  Summing(int ctas, const Device& device) : ctas_(ctas), arrived_(device.allocate(1)) {}

  [[nodiscard]] std::size_t scratch_size() const { return ctas_; }
  [[nodiscard]] unsigned* arrived() const { return reinterpret_cast<unsigned*>(arrived_.get()); }

 private:
  int ctas_;
  Block arrived_;
};

template <class T>
class MaskedError final : public Layer<float> {
 public:
  MaskedError(const MaskedErrorDesc& desc, const Device& device)
      : d_(desc),
        device_(&device),
        blocks_(blocks_of<T>(desc.input.channels)),
        sizes_{desc.input.channels, static_cast<int>(desc.input.plane())},
        slices_(std::clamp(sum_ctas * device.multiprocessors() / blocks_, 1, ceil_div(sizes_.pixels, sum_threads))),
        summing_(slices_ * blocks_, device) {}

  [[nodiscard]] std::size_t scratch_size() const override { return summing_.scratch_size(); }

  void forward(const Operands<float>& at) override {
    launch(*device_, masked_error<T>, dim3(slices_, blocks_), sum_threads, 0, pieces(at.x[0]), sizes_, norm(at), rule(),
           measured(at), d_.scale(), at.scratch, summing_.arrived(), at.y);
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    launch(*device_, masked_error_back<T>, dim3(ceil_div(sizes_.pixels, sum_threads), blocks_), sum_threads, 0,
           pieces(at.x[0]), sizes_, norm(at), rule(), measured(at), d_.scale(), gradients.dy, pieces(dx.data),
           dx.write == Write::accumulate);
  }

 private:
  [[nodiscard]] Rule rule() const { return {d_.kind, static_cast<float>(d_.epsilon)}; }
  [[nodiscard]] Normaliser norm(const Operands<float>& at) const {
    return normaliser(d_.load, at.norm, d_.input.channels);
  }
  [[nodiscard]] Measured measured(const Operands<float>& at) const {
    return {at.x[1], at.x[2], d_.sigmoid ? at.saved : nullptr};
  }

  MaskedErrorDesc d_;
  const Device* device_;
  int blocks_;
  Sizes sizes_;
  int slices_;
  Summing summing_;
};

/// A plane of pieces.
struct Plane {
  const Piece* at;
  int height;
  int width;
};

/// A pixel's differences to the next in its row and in its column, and their regularised length, for each lane.
template <class T>
struct Differences {
  Lanes<T> across;
  Lanes<T> down;
  Lanes<T> length;

  __device__ Differences(const Plane& plane, int row, int column, float square) {
    const Piece* const from = plane.at + static_cast<std::size_t>(row) * plane.width;
    const Lanes<T> here = unpack<T>(from[column]);
    const Lanes<T> right = unpack<T>(from[min(column + 1, plane.width - 1)]);
    const Lanes<T> below = unpack<T>(from[(row + 1 < plane.height ? plane.width : 0) + column]);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      across.at[i] = right.at[i] - here.at[i];
      down.at[i] = below.at[i] - here.at[i];
      length.at[i] = sqrtf(across.at[i] * across.at[i] + down.at[i] * down.at[i] + square);
    }
  }
};

/// A thread goes down a column: a grid of (columns, rows, blocks), of which each thread takes every gridDim.y-th row.
template <class T>
__global__ void __launch_bounds__(sum_threads) total_variation(Plane plane, int channels, float epsilon, double scale,
                                                               float* partials, unsigned* arrived, float* y) {
  __shared__ SumRoom<1> room;
  const auto block = static_cast<int>(blockIdx.z);
  const auto column = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  plane.at += static_cast<std::size_t>(block) * plane.height * plane.width;
  float sum[1] = {};
  for (auto row = static_cast<int>(blockIdx.y); row < plane.height && column < plane.width; row += gridDim.y) {
    const Differences<T> differences(plane, row, column, epsilon * epsilon);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      if (block * lanes<T> + i < channels) sum[0] += differences.length.at[i] - epsilon;
    }
  }
  const auto ctas = static_cast<int>(gridDim.x * gridDim.y * gridDim.z);
  const auto rank = static_cast<int>((blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x);
  if (sum_over_grid(sum, {partials, arrived, ctas, rank}, room) && threadIdx.x == 0) {
    *y = static_cast<float>(room.totals[0] * scale);
  }
}

constexpr int most_rows = 65535;  // of a grid

/// A pixel has a part in its own length and in those of its left and of its upper neighbour. Grids as above.
template <class T>
__global__ void __launch_bounds__(sum_threads)
    total_variation_back(Plane plane, float epsilon, float scale, const float* dy, Piece* dx, bool accumulate) {
  const auto column = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (column >= plane.width) return;
  const std::size_t offset = static_cast<std::size_t>(blockIdx.z) * plane.height * plane.width;
  plane.at += offset;
  const float square = epsilon * epsilon;
  const float factor = *dy * scale;
  for (int row = static_cast<int>(blockIdx.y); row < plane.height; row += static_cast<int>(gridDim.y)) {
    const Differences<T> own(plane, row, column, square);
    Lanes<T> gradient;
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) gradient.at[i] = -(own.across.at[i] + own.down.at[i]) / own.length.at[i];
    if (column > 0) {
      const Differences<T> left(plane, row, column - 1, square);
#pragma unroll
      for (int i = 0; i < lanes<T>; ++i) gradient.at[i] += left.across.at[i] / left.length.at[i];
    }
    if (row > 0) {
      const Differences<T> upper(plane, row - 1, column, square);
#pragma unroll
      for (int i = 0; i < lanes<T>; ++i) gradient.at[i] += upper.down.at[i] / upper.length.at[i];
    }
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) gradient.at[i] *= factor;
    put<T>(dx + offset + static_cast<std::size_t>(row) * plane.width + column, gradient, accumulate);
  }
}

template <class T>
class TotalVariation final : public Layer<float> {
 public:
  TotalVariation(const TotalVariationDesc& desc, const Device& device)
      : d_(desc),
        device_(&device),
        blocks_(blocks_of<T>(desc.input.channels)),
        threads_(threads_for(desc.input.width)),
        columns_(ceil_div(desc.input.width, threads_)),
        rows_(std::clamp(2 * sum_ctas * device.multiprocessors() / (columns_ * blocks_), 1, desc.input.height)),
        summing_(columns_ * rows_ * blocks_, device) {}

  [[nodiscard]] std::size_t scratch_size() const override { return summing_.scratch_size(); }

  void forward(const Operands<float>& at) override {
    launch(*device_, total_variation<T>, dim3(columns_, rows_, blocks_), threads_, 0, plane(at), d_.input.channels,
           d_.epsilon, d_.scale(), at.scratch, summing_.arrived(), at.y);
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    launch(*device_, total_variation_back<T>, dim3(columns_, std::min(d_.input.height, most_rows), blocks_), threads_,
           0, plane(at), d_.epsilon, d_.scale(), gradients.dy, pieces(dx.data), dx.write == Write::accumulate);
  }

 private:
  [[nodiscard]] Plane plane(const Operands<float>& at) const {
    return {pieces(at.x[0]), d_.input.height, d_.input.width};
  }

  TotalVariationDesc d_;
  const Device* device_;
  int blocks_;
  int threads_;
  int columns_;  // of CTAs
  int rows_;
  Summing summing_;
};

}  // namespace

LayerPointer make_masked_error(const MaskedErrorDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<MaskedError<decltype(storage)>>(desc, context.device);
  });
}

LayerPointer make_total_variation(const TotalVariationDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<TotalVariation<decltype(storage)>>(desc, context.device);
  });
}

}  // namespace dipper::cuda
