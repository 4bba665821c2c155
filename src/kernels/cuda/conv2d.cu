// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/check.hpp"
#include "kernels/cuda/correlate.hpp"
#include "kernels/cuda/pack_weights.hpp"

namespace dipper::cuda {
namespace {

constexpr int threads = 128;

/// A plane with a border around it that reflects the plane.
struct Reflection {
  int blocks, height, width, border;
  int rows;     // of those next to an edge, of which the border has copies
  int columns;  // and of those in the other rows
};

// The n-th row or column of which the border has a copy.
__device__ int near_edge(int n, int border, int size) {
  return n < border ? 1 + n : size - 1 - 2 * border + n;
}

__device__ bool is_near_edge(int i, int border, int size) {
  return (i >= 1 && i <= border) || (i >= size - 1 - border && i <= size - 2);
}

// Place n of the border and of the place itself (n = 0) along an axis.
__device__ int place(int n, int i, int border, int size) {
  if (n == 0) return i;
  return n <= border ? -n : size - 1 + n - border;
}

/// Adds to each place what its copies in the border got.
template <class T>
__global__ void fold_border(Reflection r, const Piece* around, Piece* dx) {
  const int at = blockIdx.x * threads + threadIdx.x;
  const bool is_small = r.rows == r.height;  // every place may have copies
  int i = at / r.width;
  int j = at % r.width;
  if (!is_small) {
    const int in_rows = r.rows * r.width;
    if (at < in_rows) {
      i = near_edge(i, r.border, r.height);
    } else {
      i = (at - in_rows) / r.columns;
      j = near_edge((at - in_rows) % r.columns, r.border, r.width);
      if (i < r.height && is_near_edge(i, r.border, r.height)) return;
    }
  }
  if (i >= r.height) return;
  const std::size_t block = blockIdx.y;
  const int outer_width = r.width + 2 * r.border;
  const Piece* from = around + block * (r.height + 2 * r.border) * outer_width;
  Lanes<T> sum = {};
  for (int u = 0; u <= 2 * r.border; ++u) {
    const int row = place(u, i, r.border, r.height);
    if (u > 0 && reflected_index(row, r.height) != i) continue;
    for (int v = 0; v <= 2 * r.border; ++v) {
      const int column = place(v, j, r.border, r.width);
      if ((u == 0 && v == 0) || (v > 0 && reflected_index(column, r.width) != j)) continue;
      const Lanes<T> copy = unpack<T>(from[(row + r.border) * outer_width + column + r.border]);
#pragma unroll
      for (int n = 0; n < lanes<T>; ++n) sum.at[n] += copy.at[n];
    }
  }
  put<T>(dx + (block * r.height + i) * r.width + j, sum, true);
}

/// The sum of each channel: a thread block for each block of channels.
template <class T>
__global__ void sum_channels(const Piece* x, int plane, int channels, float* to) {
  __shared__ double partial[lanes<T>][threads];
  double sums[lanes<T>] = {};
  for (int i = threadIdx.x; i < plane; i += threads) {
    const Lanes<T> values = unpack<T>(x[static_cast<std::size_t>(blockIdx.x) * plane + i]);
#pragma unroll
    for (int n = 0; n < lanes<T>; ++n) sums[n] += values.at[n];
  }
  for (int n = 0; n < lanes<T>; ++n) partial[n][threadIdx.x] = sums[n];
  __syncthreads();
  const int n = threadIdx.x;
  if (n >= lanes<T> || static_cast<int>(blockIdx.x) * lanes<T> + n >= channels) return;
  double sum = 0;
  for (int i = 0; i < threads; ++i) sum += partial[n][i];
  to[blockIdx.x * lanes<T> + n] = static_cast<float>(sum);
}

Block pieces_on(const Device& device, std::size_t count) {
  return device.allocate(4 * count);
}

/// A convolution's three sums and their weights, whichever of them is called forward.
class Convolution {
 public:
  Convolution(const Conv2dDesc& desc, bool with_bias, const Context& context)
      : d_(desc),
        context_(context),
        forward_(forward_correlation(desc), context),
        adjoint_(adjoint_correlation(desc), context),
        weights_(desc, with_bias, context),
        forward_weights_(pieces_on(context.device, forward_.packed_pieces())),
        adjoint_weights_(pieces_on(context.device, adjoint_.packed_pieces())) {}
  ~Convolution() { context_.packer.remove(this); }
  Convolution(const Convolution&) = delete;
  Convolution& operator=(const Convolution&) = delete;

  [[nodiscard]] std::size_t scratch_size() const {
    const Shape around{1, d_.input.height + 2 * border(), d_.input.width + 2 * border()};
    const std::size_t border_size = border() > 0 ? 4 * around.plane() * blocks() : 0;
    return std::max(weights_.scratch_size(), border_size);
  }

  /// The packer packs theta together with others', if it has room.
  void bind(const float* theta) { is_bound_ = context_.packer.add(this, jobs(theta)); }

  /// Comes before the others whenever theta has changed.
  void pack(const float* theta) const {
    if (!is_bound_) context_.packer.run(jobs(theta));
  }

  [[nodiscard]] const Correlator& forward() const { return forward_; }
  [[nodiscard]] const Correlator& adjoint() const { return adjoint_; }

  void run_forward(CorrelationOperands at) const {
    at.weights = pieces(forward_weights_.get());
    forward_.run(at);
  }

  void run_adjoint(CorrelationOperands at, float* scratch) const {
    at.weights = pieces(adjoint_weights_.get());
    at.around = scratch;
    adjoint_.run(at);
    if (border() > 0) fold(at);
  }

  [[nodiscard]] const WeightGradient& weight_gradient() const { return weights_; }

 private:
  [[nodiscard]] int border() const { return adjoint_.correlation().border; }
  [[nodiscard]] int blocks() const { return ceil_div(d_.input.channels, lanes_of(context_.precision)); }
  [[nodiscard]] PackJobs jobs(const float* theta) const {
    return pack_jobs(d_, theta, forward_, forward_weights_.get(), adjoint_, adjoint_weights_.get());
  }

  void fold(const CorrelationOperands& at) const {
    Reflection r{.blocks = blocks(),
                 .height = d_.input.height,
                 .width = d_.input.width,
                 .border = border(),
                 .rows = 2 * border(),
                 .columns = 2 * border()};
    if (std::min(r.height, r.width) < 2 * r.border + 2) {
      r.rows = r.height;
      r.columns = 0;
    }
    const int places = r.rows * r.width + r.columns * r.height;
    with_storage(context_.precision, [&](auto t) {
      using T = decltype(t);
      launch(context_.device, fold_border<T>, dim3(ceil_div(places, threads), r.blocks), dim3(threads), 0, r,
             pieces(at.around), pieces(at.y));
    });
  }

  Conv2dDesc d_;
  Context context_;
  Correlator forward_;
  Correlator adjoint_;
  WeightGradient weights_;
  Block forward_weights_;
  Block adjoint_weights_;
  bool is_bound_ = false;
};

/// The BatchNorm for which a correlation takes statistics of what it writes.
class NormAfter {
 public:
  bool take(const Correlator& correlator, const Device& device, const BatchNormDesc& norm,
            const Operands<float>& of_norm) {
    if (at_.saved != nullptr) return false;
    DIPPER_CHECK_EQ(correlator.correlation().border, 0);
    arrived_ = device.allocate(correlator.statistics_counters());
    at_ = {.saved = of_norm.saved,
           .theta = of_norm.theta,
           .epsilon = norm.epsilon,
           .arrived = reinterpret_cast<unsigned*>(arrived_.get())};
    return true;
  }

  /// With as much scratch memory as Correlator::statistics_size() says.
  [[nodiscard]] NormOperands operands(float* scratch) const {
    NormOperands at = at_;
    at.partials = reinterpret_cast<float2*>(scratch);
    return at;
  }

 private:
  Block arrived_;
  NormOperands at_;
};

class Conv2d final : public Layer<float> {
 public:
  Conv2d(const Conv2dDesc& desc, const Context& context)
      : d_(desc), context_(context), convolution_(desc, true, context) {}

  [[nodiscard]] std::size_t scratch_size() const override {
    return std::max(convolution_.scratch_size(), convolution_.forward().statistics_size());
  }
  [[nodiscard]] bool parameters_can_wait() const override { return true; }

  void bind(const Operands<float>& at) override { convolution_.bind(at.theta); }

  bool save_for(const BatchNormDesc& norm, const Operands<float>& of_norm) override {
    return norm_.take(convolution_.forward(), context_.device, norm, of_norm);
  }

  void forward(const Operands<float>& at) override {
    convolution_.pack(at.theta);
    convolution_.run_forward({.x = at.x[0],
                              .normalise = normaliser(d_.load, at.norm, d_.input.channels),
                              .bias = at.theta + weights(),
                              .y = at.y,
                              .norm = norm_.operands(at.scratch)});
  }

  void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
    convolution_.weight_gradient().run({.a = gradients.dy,
                                        .b = at.x[0],
                                        .normalise_b = normaliser(d_.load, at.norm, d_.input.channels),
                                        .scratch = at.scratch,
                                        .dw = gradients.dtheta,
                                        .dbias = gradients.dtheta + weights()});
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    convolution_.run_adjoint({.x = gradients.dy, .y = dx.data, .accumulate = dx.write == Write::accumulate},
                             at.scratch);
  }

 private:
  [[nodiscard]] std::size_t weights() const {
    return static_cast<std::size_t>(d_.out_channels) * d_.input.channels * d_.kernel * d_.kernel;
  }

  Conv2dDesc d_;
  Context context_;
  Convolution convolution_;
  NormAfter norm_;
};

/// The adjoint of a convolution runs forward, and the convolution itself backward.
class ConvTranspose2d final : public Layer<float> {
 public:
  ConvTranspose2d(const ConvTranspose2dDesc& desc, const Context& context)
      : d_(desc), context_(context), convolution_(desc.adjoint(), false, context) {}

  [[nodiscard]] std::size_t scratch_size() const override {
    return std::max(convolution_.scratch_size(), convolution_.adjoint().statistics_size());
  }
  [[nodiscard]] bool parameters_can_wait() const override { return true; }

  void bind(const Operands<float>& at) override { convolution_.bind(at.theta); }

  bool save_for(const BatchNormDesc& norm, const Operands<float>& of_norm) override {
    return norm_.take(convolution_.adjoint(), context_.device, norm, of_norm);
  }

  // There is no border, which would take scratch memory too.
  void forward(const Operands<float>& at) override {
    convolution_.pack(at.theta);
    convolution_.run_adjoint({.x = at.x[0],
                              .normalise = normaliser(d_.load, at.norm, d_.input.channels),
                              .bias = at.theta + weights(),
                              .y = at.y,
                              .norm = norm_.operands(at.scratch)},
                             at.scratch);
  }

  void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
    convolution_.weight_gradient().run({.a = at.x[0],
                                        .normalise_a = normaliser(d_.load, at.norm, d_.input.channels),
                                        .b = gradients.dy,
                                        .scratch = at.scratch,
                                        .dw = gradients.dtheta});
    const Shape out = d_.output();
    with_storage(context_.precision, [&](auto t) {
      using T = decltype(t);
      launch(context_.device, sum_channels<T>, dim3(blocks_of<T>(out.channels)), dim3(threads), 0, pieces(gradients.dy),
             static_cast<int>(out.plane()), out.channels, gradients.dtheta + weights());
    });
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    convolution_.run_forward({.x = gradients.dy, .y = dx.data, .accumulate = dx.write == Write::accumulate});
  }

 private:
  [[nodiscard]] std::size_t weights() const {
    return static_cast<std::size_t>(d_.out_channels) * d_.input.channels * d_.kernel * d_.kernel;
  }

  ConvTranspose2dDesc d_;
  Context context_;
  Convolution convolution_;
  NormAfter norm_;
};

}  // namespace

LayerPointer make_conv2d(const Conv2dDesc& desc, const Context& context) {
  return std::make_unique<Conv2d>(desc, context);
}

LayerPointer make_conv_transpose2d(const ConvTranspose2dDesc& desc, const Context& context) {
  return std::make_unique<ConvTranspose2d>(desc, context);
}

}  // namespace dipper::cuda
