// SPDX-License-Identifier: Apache-2.0
// Layers that treat each element alone. What is written may lie over what is read, so a thread reads a piece before it
// writes it.
#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"

namespace dipper::cuda {
namespace {

constexpr int threads = 256;
constexpr int together = 4;  // pieces of a thread

/// A tensor's pieces, of which each thread takes a few.
__device__ inline std::size_t piece_of(int k) {
  return (static_cast<std::size_t>(blockIdx.x) * together + k) * threads + threadIdx.x;
}

dim3 grid_of(std::size_t count) {
  return dim3(static_cast<unsigned>((count + threads * together - 1) / (threads * together)));
}

__device__ inline float logistic(float x) {
  return 1 / (1 + expf(-x));
}

struct LeakyReluForm {
  static constexpr bool backward_takes_input = false;
  float slope;

  __device__ float forward(float x) const { return x > 0 ? x : x * slope; }
  __device__ float backward(float dy, float y) const { return y > 0 ? dy : dy * slope; }
};

struct SigmoidForm {
  static constexpr bool backward_takes_input = false;

  __device__ float forward(float x) const { return logistic(x); }
  __device__ float backward(float dy, float y) const { return dy * y * (1 - y); }
};

struct EluForm {
  static constexpr bool backward_takes_input = false;

  __device__ float forward(float x) const { return x > 0 ? x : expm1f(x); }
  __device__ float backward(float dy, float y) const { return y > 0 ? dy : dy * (y + 1); }
};

struct SwishForm {
  static constexpr bool backward_takes_input = true;

  __device__ float forward(float x) const { return x / (1 + expf(-x)); }
  __device__ float backward(float dy, float x) const {
    const float s = logistic(x);
    return dy * s * (1 + x * (1 - s));
  }
};

template <class T, class Form>
__global__ void __launch_bounds__(threads) map(const Piece* x, std::size_t count, Form form, Piece* y) {
  Piece loaded[together];
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) < count) loaded[k] = x[piece_of(k)];
  }
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) >= count) return;
    Lanes<T> values = unpack<T>(loaded[k]);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) values.at[i] = form.forward(values.at[i]);
    y[piece_of(k)] = pack<T>(values);
  }
}

/// `from` is x or y, as the form has it.
template <class T, class Form>
__global__ void __launch_bounds__(threads)
    map_back(const Piece* from, const Piece* dy, std::size_t count, Form form, Piece* dx, bool accumulate) {
  Piece loaded[together];
  Piece loaded_dy[together];
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) >= count) continue;
    loaded[k] = from[piece_of(k)];
    loaded_dy[k] = dy[piece_of(k)];
  }
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) >= count) return;
    const Lanes<T> values = unpack<T>(loaded[k]);
    Lanes<T> gradients = unpack<T>(loaded_dy[k]);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) gradients.at[i] = form.backward(gradients.at[i], values.at[i]);
    put<T>(dx + piece_of(k), gradients, accumulate);
  }
}

template <class T, class Form>
class Pointwise final : public Layer<float> {
 public:
  Pointwise(const Shape& shape, Form form, const Device& device)
      : device_(&device), count_(blocks_of<T>(shape.channels) * shape.plane()), form_(form) {}

  void forward(const Operands<float>& at) override {
    launch(*device_, map<T, Form>, grid_of(count_), threads, 0, pieces(at.x[0]), count_, form_, pieces(at.y));
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    const float* const from = Form::backward_takes_input ? at.x[0] : at.y;
    launch(*device_, map_back<T, Form>, grid_of(count_), threads, 0, pieces(from), pieces(gradients.dy), count_, form_,
           pieces(dx.data), dx.write == Write::accumulate);
  }

 private:
  const Device* device_;
  std::size_t count_;
  Form form_;
};

template <class Form>
LayerPointer make_pointwise(const Shape& shape, Form form, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<Pointwise<decltype(storage), Form>>(shape, form, context.device);
  });
}

template <class T>
__device__ Lanes<T> scaled(Lanes<T> values, float scale) {
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) values.at[i] *= scale;
  return values;
}

template <class T>
__global__ void __launch_bounds__(threads)
    add(const Piece* x0, const Piece* x1, std::size_t count, float scale, Piece* y) {
  Piece first[together];
  Piece second[together];
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) >= count) continue;
    first[k] = x0[piece_of(k)];
    second[k] = x1[piece_of(k)];
  }
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) >= count) return;
    Lanes<T> sum = unpack<T>(first[k]);
    const Lanes<T> other = unpack<T>(second[k]);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) sum.at[i] += scale * other.at[i];
    y[piece_of(k)] = pack<T>(sum);
  }
}

/// A gradient's place as kernels take it.
struct Target {
  Piece* at;  // null: not wanted
  bool accumulate;
};

/// Both may be the same tensor: then the second adds to the first.
template <class T>
__global__ void __launch_bounds__(threads)
    add_back(const Piece* dy, std::size_t count, float scale, Target first, Target second) {
  Piece loaded[together];
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) < count) loaded[k] = dy[piece_of(k)];
  }
#pragma unroll
  for (int k = 0; k < together; ++k) {
    if (piece_of(k) >= count) return;
    const Lanes<T> values = unpack<T>(loaded[k]);
    if (first.at != nullptr) put<T>(first.at + piece_of(k), values, first.accumulate);
    if (second.at != nullptr) put<T>(second.at + piece_of(k), scaled<T>(values, scale), second.accumulate);
  }
}

template <class T>
class Add final : public Layer<float> {
 public:
  Add(const AddDesc& desc, const Device& device)
      : device_(&device),
        count_(blocks_of<T>(desc.input.channels) * desc.input.plane()),
        scale_(static_cast<float>(desc.scale)) {}

  void forward(const Operands<float>& at) override {
    launch(*device_, add<T>, grid_of(count_), threads, 0, pieces(at.x[0]), pieces(at.x[1]), count_, scale_,
           pieces(at.y));
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    Target first = target(gradients.dx[0]);
    const Target second = target(gradients.dx[1]);
    // Where the first lies over dy, it is that already.
    if (first.at == pieces(gradients.dy) && !first.accumulate) first.at = nullptr;
    if (first.at == nullptr && second.at == nullptr) return;
    launch(*device_, add_back<T>, grid_of(count_), threads, 0, pieces(gradients.dy), count_, scale_, first, second);
  }

 private:
  static Target target(const GradientTarget<float>& dx) { return {pieces(dx.data), dx.write == Write::accumulate}; }

  const Device* device_;
  std::size_t count_;
  float scale_;
};

__global__ void add_plain(const float* x0, const float* x1, std::size_t count, float scale, float* y) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    y[i] = x0[i] + scale * x1[i];
  }
}

__global__ void add_plain_back(const float* dy, std::size_t count, float scale, GradientTarget<float> first,
                               GradientTarget<float> second) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    const float value = dy[i];
    if (first.data != nullptr) first.data[i] = first.write == Write::accumulate ? first.data[i] + value : value;
    if (second.data == nullptr) continue;
    second.data[i] = second.write == Write::accumulate ? second.data[i] + scale * value : scale * value;
  }
}

/// Sums of losses.
class AddPlain final : public Layer<float> {
 public:
  AddPlain(const AddDesc& desc, const Device& device)
      : device_(&device), count_(desc.input.size()), scale_(static_cast<float>(desc.scale)) {}

  void forward(const Operands<float>& at) override {
    launch(*device_, add_plain, grid(), threads, 0, at.x[0], at.x[1], count_, scale_, at.y);
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    launch(*device_, add_plain_back, grid(), threads, 0, gradients.dy, count_, scale_, gradients.dx[0],
           gradients.dx[1]);
  }

 private:
  [[nodiscard]] dim3 grid() const { return grid_of(count_); }

  const Device* device_;
  std::size_t count_;
  float scale_;
};

}  // namespace

LayerPointer make_leaky_relu(const LeakyReluDesc& desc, const Context& context) {
  return make_pointwise(desc.input, LeakyReluForm{static_cast<float>(desc.slope)}, context);
}

LayerPointer make_sigmoid(const SigmoidDesc& desc, const Context& context) {
  return make_pointwise(desc.input, SigmoidForm{}, context);
}

LayerPointer make_elu(const EluDesc& desc, const Context& context) {
  return make_pointwise(desc.input, EluForm{}, context);
}

LayerPointer make_swish(const SwishDesc& desc, const Context& context) {
  return make_pointwise(desc.input, SwishForm{}, context);
}

LayerPointer make_add(const AddDesc& desc, const Formats& formats, const Context& context) {
  if (formats.output == Format::plain) return std::make_unique<AddPlain>(desc, context.device);
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<Add<decltype(storage)>>(desc, context.device);
  });
}

}  // namespace dipper::cuda
