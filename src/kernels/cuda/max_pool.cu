// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"

namespace dipper::cuda {
namespace {

constexpr int tile_width = 32;
constexpr int tile_height = 4;

__device__ inline std::size_t piece_at(const Shape& shape, int row, int column) {
  return (static_cast<std::size_t>(blockIdx.z) * shape.height + row) * shape.width + column;
}

/// The largest of each lane, and which of the window's places it has.
template <class T>
struct Largest {
  Lanes<T> value;
  int place[lanes<T>];
};

/// `x` is the window's corner.
template <class T>
__device__ Largest<T> largest_of(const Piece* x, int width, int factor) {
  Largest<T> largest{unpack<T>(x[0]), {}};
  for (int u = 0; u < factor; ++u) {
    for (int v = 0; v < factor; ++v) {
      const Lanes<T> values = unpack<T>(x[static_cast<std::size_t>(u) * width + v]);
#pragma unroll
      for (int i = 0; i < lanes<T>; ++i) {
        if (values.at[i] > largest.value.at[i]) {
          largest.value.at[i] = values.at[i];
          largest.place[i] = u * factor + v;
        }
      }
    }
  }
  return largest;
}

template <class T>
__global__ void __launch_bounds__(tile_width* tile_height, 8)
    pool(const Piece* x, Shape in, Shape out, int factor, Piece* y) {
  const int j = static_cast<int>(blockIdx.x * tile_width + threadIdx.x);
  const int i = static_cast<int>(blockIdx.y * tile_height + threadIdx.y);
  if (i >= out.height || j >= out.width) return;
  const Piece* const corner = x + piece_at(in, i * factor, j * factor);
  y[piece_at(out, i, j)] = pack<T>(largest_of<T>(corner, in.width, factor).value);
}

/// A thread writes all of a window, or what is left of one at the right and the bottom, where dx is 0.
template <class T>
__global__ void __launch_bounds__(tile_width* tile_height, 8)
    pool_back(const Piece* x, const Piece* dy, Shape in, Shape out, int factor, Piece* dx, bool accumulate) {
  const int j = static_cast<int>(blockIdx.x * tile_width + threadIdx.x);
  const int i = static_cast<int>(blockIdx.y * tile_height + threadIdx.y);
  const int rows = min(factor, in.height - i * factor);
  const int columns = min(factor, in.width - j * factor);
  if (rows <= 0 || columns <= 0) return;
  const std::size_t corner = piece_at(in, i * factor, j * factor);
  Largest<T> largest{};
  Lanes<T> gradient{};
  if (i < out.height && j < out.width) {
    largest = largest_of<T>(x + corner, in.width, factor);
    gradient = unpack<T>(dy[piece_at(out, i, j)]);
  }
  for (int u = 0; u < rows; ++u) {
    for (int v = 0; v < columns; ++v) {
      Lanes<T> values;
#pragma unroll
      for (int c = 0; c < lanes<T>; ++c) values.at[c] = largest.place[c] == u * factor + v ? gradient.at[c] : 0;
      put<T>(dx + corner + static_cast<std::size_t>(u) * in.width + v, values, accumulate);
    }
  }
}

template <class T>
class MaxPool final : public Layer<float> {
 public:
  MaxPool(const MaxPoolDesc& desc, const Device& device) : d_(desc), device_(&device), out_(desc.output()) {}

  void forward(const Operands<float>& at) override {
    launch(*device_, pool<T>, grid(out_.height, out_.width), tile, 0, pieces(at.x[0]), d_.input, out_, d_.factor,
           pieces(at.y));
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    const dim3 windows = grid(ceil_div(d_.input.height, d_.factor), ceil_div(d_.input.width, d_.factor));
    launch(*device_, pool_back<T>, windows, tile, 0, pieces(at.x[0]), pieces(gradients.dy), d_.input, out_, d_.factor,
           pieces(dx.data), dx.write == Write::accumulate);
  }

 private:
  static constexpr dim3 tile{tile_width, tile_height};

  [[nodiscard]] dim3 grid(int height, int width) const {
    return dim3(ceil_div(width, tile_width), ceil_div(height, tile_height), blocks_of<T>(d_.input.channels));
  }

  MaxPoolDesc d_;
  const Device* device_;
  Shape out_;
};

}  // namespace

LayerPointer make_max_pool(const MaxPoolDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<MaxPool<decltype(storage)>>(desc, context.device);
  });
}

}  // namespace dipper::cuda
