// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"

namespace dipper::cuda {
namespace {

constexpr int tile_width = 32;
constexpr int tile_height = 4;

/// One axis of a filter: tap u of output i reads position i stride + first + u of the window, or the edge beyond it.
struct Axis {
  int size;    // of the input
  int begin;   // of the window
  int window;  // its size
  int out;
  int taps;
  int stride;
  int first;

  __device__ int position(int i) const { return i * stride + first; }
  __device__ int input(int position) const { return begin + min(max(position, 0), window - 1); }
};

struct Axes {
  Axis rows;
  Axis columns;
};

/// The kernel's weights, and the sums of those above and to the left of each: [taps + 1][taps + 1].
struct Weights {
  const float* each;
  const double* sums;
};

struct Range {
  int begin;
  int end;
};

__device__ inline int floor_div(int a, int b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/// Of the outputs that may read place p of the window.
__device__ inline Range readers_of(const Axis& axis, int p) {
  const int begin = p == 0 ? 0 : -floor_div(axis.first + axis.taps - 1 - p, axis.stride);
  const int end = p == axis.window - 1 ? axis.out : floor_div(p - axis.first, axis.stride) + 1;
  return {max(begin, 0), min(end, axis.out)};
}

/// Of the taps with which output i reads place p: one, or several at an edge, or none.
__device__ inline Range taps_of(const Axis& axis, int i, int p) {
  const int tap = p - axis.position(i);
  return {p == 0 ? 0 : max(tap, 0), p == axis.window - 1 ? axis.taps : min(tap + 1, axis.taps)};
}

__device__ inline float weight_of(const Weights& weights, int columns, const Range& u, const Range& v) {
  if (u.end - u.begin == 1 && v.end - v.begin == 1) return weights.each[u.begin * columns + v.begin];
  const double* const top = weights.sums + u.begin * (columns + 1);
  const double* const bottom = weights.sums + u.end * (columns + 1);
  return static_cast<float>(bottom[v.end] - bottom[v.begin] - (top[v.end] - top[v.begin]));
}

template <class T>
__global__ void __launch_bounds__(tile_width* tile_height)
    filter(const Piece* x, Axes axes, const float* weights, Piece* y) {
  const int j = static_cast<int>(blockIdx.x * tile_width + threadIdx.x);
  const int i = static_cast<int>(blockIdx.y * tile_height + threadIdx.y);
  if (i >= axes.rows.out || j >= axes.columns.out) return;
  const Piece* const plane = x + static_cast<std::size_t>(blockIdx.z) * axes.rows.size * axes.columns.size;
  Lanes<T> sum{};
  for (int u = 0; u < axes.rows.taps; ++u) {
    const int row = axes.rows.input(axes.rows.position(i) + u);
    const Piece* const from = plane + static_cast<std::size_t>(row) * axes.columns.size;
    for (int v = 0; v < axes.columns.taps; ++v) {
      const float weight = weights[u * axes.columns.taps + v];
      const Lanes<T> values = unpack<T>(from[axes.columns.input(axes.columns.position(j) + v)]);
#pragma unroll
      for (int c = 0; c < lanes<T>; ++c) sum.at[c] += weight * values.at[c];
    }
  }
  y[(static_cast<std::size_t>(blockIdx.z) * axes.rows.out + i) * axes.columns.out + j] = pack<T>(sum);
}

/// A thread gathers what all outputs owe to one pixel of the input.
template <class T>
__global__ void __launch_bounds__(tile_width* tile_height)
    filter_back(const Piece* dy, Axes axes, Weights weights, Piece* dx, bool accumulate) {
  const int column = static_cast<int>(blockIdx.x * tile_width + threadIdx.x);
  const int row = static_cast<int>(blockIdx.y * tile_height + threadIdx.y);
  if (row >= axes.rows.size || column >= axes.columns.size) return;
  const int p = row - axes.rows.begin;
  const int q = column - axes.columns.begin;
  const bool is_inside = p >= 0 && p < axes.rows.window && q >= 0 && q < axes.columns.window;
  const Piece* const plane = dy + static_cast<std::size_t>(blockIdx.z) * axes.rows.out * axes.columns.out;
  const Range rows = is_inside ? readers_of(axes.rows, p) : Range{0, 0};
  const Range columns = is_inside ? readers_of(axes.columns, q) : Range{0, 0};
  Lanes<T> sum{};
  for (int i = rows.begin; i < rows.end; ++i) {
    const Range u = taps_of(axes.rows, i, p);
    if (u.begin >= u.end) continue;
    for (int j = columns.begin; j < columns.end; ++j) {
      const Range v = taps_of(axes.columns, j, q);
      if (v.begin >= v.end) continue;
      const float weight = weight_of(weights, axes.columns.taps, u, v);
      const Lanes<T> values = unpack<T>(plane[static_cast<std::size_t>(i) * axes.columns.out + j]);
#pragma unroll
      for (int c = 0; c < lanes<T>; ++c) sum.at[c] += weight * values.at[c];
    }
  }
  put<T>(dx + (static_cast<std::size_t>(blockIdx.z) * axes.rows.size + row) * axes.columns.size + column, sum,
         accumulate);
}

/// Sums of the weights above and to the left, in double: differences of them are as good as sums of floats.
std::vector<double> sums_of(const FilterKernel& kernel) {
  const int width = kernel.columns + 1;
  std::vector<double> sums(static_cast<std::size_t>(kernel.rows + 1) * width);
  for (int u = 0; u < kernel.rows; ++u) {
    for (int v = 0; v < kernel.columns; ++v) {
      sums[(u + 1) * width + v + 1] = kernel.weights[u * kernel.columns + v] + sums[u * width + v + 1] +
                                      sums[(u + 1) * width + v] - sums[u * width + v];
    }
  }
  return sums;
}

template <class V>
Block upload(const std::vector<V>& values, const Device& device) {
  Block block = device.allocate(values.size() * sizeof(V) / sizeof(float));
  check(cudaMemcpyAsync(block.get(), values.data(), values.size() * sizeof(V), cudaMemcpyHostToDevice, device.stream()),
        "copying a filter");
  check(cudaStreamSynchronize(device.stream()), "copying a filter");
  return block;
}

template <class T>
class Filter final : public Layer<float> {
 public:
  Filter(const FilterDesc& d, const Device& device)
      : device_(&device),
        blocks_(blocks_of<T>(d.input.channels)),
        axes_{{d.input.height, d.window.top, d.window.height, d.out_height, d.kernel.rows, d.stride, d.first_row},
              {d.input.width, d.window.left, d.window.width, d.out_width, d.kernel.columns, d.stride, d.first_column}},
        weights_(upload(d.kernel.weights, device)),
        sums_(upload(sums_of(d.kernel), device)) {}

  void forward(const Operands<float>& at) override {
    launch(*device_, filter<T>, grid(axes_.rows.out, axes_.columns.out), tile, 0, pieces(at.x[0]), axes_,
           weights_.get(), pieces(at.y));
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    const Weights weights{weights_.get(), reinterpret_cast<const double*>(sums_.get())};
    launch(*device_, filter_back<T>, grid(axes_.rows.size, axes_.columns.size), tile, 0, pieces(gradients.dy), axes_,
           weights, pieces(dx.data), dx.write == Write::accumulate);
  }

 private:
  static constexpr dim3 tile{tile_width, tile_height};

  [[nodiscard]] dim3 grid(int height, int width) const {
    return dim3(ceil_div(width, tile_width), ceil_div(height, tile_height), blocks_);
  }

  const Device* device_;
  int blocks_;
  Axes axes_;
  Block weights_;
  Block sums_;
};

}  // namespace

LayerPointer make_filter(const FilterDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<Filter<decltype(storage)>>(desc, context.device);
  });
}

}  // namespace dipper::cuda
