// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/instructions.cuh"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/reduce.cuh"

namespace dipper::cuda {
namespace {

// Pixels that a thread has in flight, of one tensor or of two.
constexpr int together = 4;
constexpr int pairs = 2;

/// The planes of a native tensor, each cut into slices for the sums.
struct Planes {
  int channels;
  int pixels;  // of a plane
  int slices;
};

__device__ Meeting meeting_of(const Planes& planes, int count, float* partials, unsigned* arrived) {
  const auto block = static_cast<int>(blockIdx.y);
  return {partials + block * planes.slices * count, arrived + block, planes.slices, static_cast<int>(blockIdx.x)};
}

/// Calls visit(k, pixel) for this thread's pixels of the slice, `batch` of them at a time: load(k, pixel) of those
/// first.
template <int batch, class LoadPiece, class Visit>
__device__ void for_each_pixel(const Planes& planes, const LoadPiece& load, const Visit& visit) {
  const int size = (planes.pixels + planes.slices - 1) / planes.slices;
  const int begin = static_cast<int>(blockIdx.x) * size;
  const int end = min(begin + size, planes.pixels);
  const int step = static_cast<int>(blockDim.x);
  for (int first = begin + static_cast<int>(threadIdx.x); first < end; first += batch * step) {
#pragma unroll
    for (int k = 0; k < batch; ++k) {
      if (first + k * step < end) load(k, first + k * step);
    }
#pragma unroll
    for (int k = 0; k < batch; ++k) {
      if (first + k * step < end) visit(k, first + k * step);
    }
  }
}

/// Saves what BatchNormDesc says. The squares are taken around a centre that is near the mean, the average of a few
/// pixels, so that little is lost when the mean's square is taken off.
template <class T>
__global__ void __launch_bounds__(sum_threads, sum_ctas)
    take_statistics(const Piece* x, Planes planes, const float* theta, double epsilon, float* saved, float* partials,
                    unsigned* arrived) {
  constexpr int n = lanes<T>;
  __shared__ SumRoom<2 * n> room;
  __shared__ float centres[n];
  const auto block = static_cast<int>(blockIdx.y);
  const auto thread = static_cast<int>(threadIdx.x);
  const Piece* const plane = x + static_cast<std::size_t>(block) * planes.pixels;
  if (thread < n) {
    const T* const lane = reinterpret_cast<const T*>(plane) + thread;
    float sum = 0;
#pragma unroll
    for (int i = 1; i < 8; i += 2) {
      sum += static_cast<float>(lane[static_cast<std::size_t>(planes.pixels / 8 * i) * n]);
    }
    centres[thread] = sum * 0.25F;
  }
  __syncthreads();
  float centre[n];
#pragma unroll
  for (int i = 0; i < n; ++i) centre[i] = centres[i];

  float sums[2 * n] = {};
  Piece loaded[together];
  for_each_pixel<together>(
      planes, [&](int k, int pixel) { loaded[k] = plane[pixel]; },
      [&](int k, int /*pixel*/) {
        const Lanes<T> values = unpack<T>(loaded[k]);
#pragma unroll
        for (int i = 0; i < n; ++i) {
          const float deviation = values.at[i] - centre[i];
          sums[i] += deviation;
          sums[n + i] += deviation * deviation;
        }
      });

  if (!sum_over_grid(sums, meeting_of(planes, 2 * n, partials, arrived), room)) return;
  const int c = block * n + thread;
  if (thread >= n || c >= planes.channels) return;
  const double mean = room.totals[thread] / planes.pixels;
  const double variance = max(0.0, room.totals[n + thread] / planes.pixels - mean * mean);
  const double inverse = 1 / sqrt(variance + epsilon);
  saved[c] = static_cast<float>(centres[thread] + mean);
  saved[planes.channels + c] = static_cast<float>(inverse * theta[c]);
  saved[2 * planes.channels + c] = theta[planes.channels + c];
  saved[3 * planes.channels + c] = static_cast<float>(inverse);
}

template <class T>
__global__ void __launch_bounds__(sum_threads, sum_ctas)
    normalise(const Piece* x, Planes planes, Normaliser normaliser, Piece* y) {
  const BlockNorm<T> norm(normaliser, static_cast<int>(blockIdx.y));
  const std::size_t plane = static_cast<std::size_t>(blockIdx.y) * planes.pixels;
  Piece loaded[together];
  for_each_pixel<together>(
      planes, [&](int k, int pixel) { loaded[k] = x[plane + pixel]; },
      [&](int k, int pixel) { y[plane + pixel] = pack<T>(norm(unpack<T>(loaded[k]))); });
}

/// This thread's part of sum g and sum g (x - mean), with g the gradient before the LeakyReLU.
template <class T>
__device__ void add_gradients(const Piece* x, const Piece* dy, const Planes& planes, const BlockNorm<T>& norm,
                              float (&sums)[2 * lanes<T>]) {
  constexpr int n = lanes<T>;
  Piece loaded[pairs];
  Piece loaded_dy[pairs];
  const auto load = [&](int k, int pixel) {
    loaded[k] = x[pixel];
    loaded_dy[k] = dy[pixel];
  };
  for_each_pixel<pairs>(planes, load, [&](int k, int /*pixel*/) {
    const Lanes<T> values = unpack<T>(loaded[k]);
    const Lanes<T> gradients = unpack<T>(loaded_dy[k]);
#pragma unroll
    for (int i = 0; i < n; ++i) {
      const float deviation = values.at[i] - norm.mean[i];
      const bool is_positive = deviation * norm.scale[i] + norm.beta[i] > 0;
      const float g = is_positive ? gradients.at[i] : norm.slope * gradients.at[i];
      sums[i] += g;
      sums[n + i] += g * deviation;
    }
  });
}

/// dtheta: dgamma = sum g (x - mean) / deviation and dbeta = sum g.
template <class T>
__global__ void __launch_bounds__(sum_threads, sum_ctas)
    sum_gradients(const Piece* x, const Piece* dy, Planes planes, float slope, const float* saved, float* dtheta,
                  float* partials, unsigned* arrived) {
  constexpr int n = lanes<T>;
  __shared__ SumRoom<2 * n> room;
  const auto block = static_cast<int>(blockIdx.y);
  const BlockNorm<T> norm({saved, planes.channels, slope}, block);
  const std::size_t plane = static_cast<std::size_t>(block) * planes.pixels;
  float sums[2 * n] = {};
  add_gradients<T>(x + plane, dy + plane, planes, norm, sums);
  if (!sum_over_grid(sums, meeting_of(planes, 2 * n, partials, arrived), room)) return;
  const auto thread = static_cast<int>(threadIdx.x);
  const int c = block * n + thread;
  if (thread >= n || c >= planes.channels) return;
  dtheta[c] = static_cast<float>(room.totals[n + thread] * saved[3 * planes.channels + c]);
  dtheta[planes.channels + c] = static_cast<float>(room.totals[thread]);
}

/// What send_back() has to know of a block's channels, one after the other.
template <class T>
struct BackNorm {
  float mean[lanes<T>];
  float scale[lanes<T>];
  float beta[lanes<T>];
  float shift[lanes<T>];  // dbeta / n
  float share[lanes<T>];  // dgamma / (n deviation)

  __device__ void set(int lane, int c, const Planes& planes, const float* saved, float dgamma, float dbeta) {
    const bool is_one = c < planes.channels;
    const auto count = static_cast<float>(planes.pixels);
    mean[lane] = is_one ? saved[c] : 0;
    scale[lane] = is_one ? saved[planes.channels + c] : 0;
    beta[lane] = is_one ? saved[2 * planes.channels + c] : 0;
    shift[lane] = is_one ? dbeta / count : 0;
    share[lane] = is_one ? saved[3 * planes.channels + c] * dgamma / count : 0;
  }
};

/// dx = scale (g - dbeta / n - xhat dgamma / n); dx may lie over dy.
template <class T>
__device__ void write_gradients(const Piece* x, const Piece* dy, const Planes& planes, const BackNorm<T>& norm,
                                float slope, Piece* dx, bool accumulate) {
  Piece loaded[pairs];
  Piece loaded_dy[pairs];
  const auto load = [&](int k, int pixel) {
    loaded[k] = x[pixel];
    loaded_dy[k] = dy[pixel];
  };
  for_each_pixel<pairs>(planes, load, [&](int k, int pixel) {
    const Lanes<T> values = unpack<T>(loaded[k]);
    Lanes<T> gradients = unpack<T>(loaded_dy[k]);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      const float deviation = values.at[i] - norm.mean[i];
      const bool is_positive = deviation * norm.scale[i] + norm.beta[i] > 0;
      const float g = is_positive ? gradients.at[i] : slope * gradients.at[i];
      gradients.at[i] = norm.scale[i] * (g - norm.shift[i] - deviation * norm.share[i]);
    }
    put<T>(dx + pixel, gradients, accumulate);
  });
}

template <class T>
__global__ void __launch_bounds__(sum_threads, sum_ctas)
    send_back(const Piece* x, const Piece* dy, Planes planes, float slope, const float* saved, const float* dtheta,
              Piece* dx, bool accumulate) {
  __shared__ BackNorm<T> shared;
  const auto block = static_cast<int>(blockIdx.y);
  const auto thread = static_cast<int>(threadIdx.x);
  const int c = block * lanes<T> + thread;
  if (thread < lanes<T>) {
    const bool is_one = c < planes.channels;
    shared.set(thread, c, planes, saved, is_one ? dtheta[c] : 0, is_one ? dtheta[planes.channels + c] : 0);
  }
  __syncthreads();
  const BackNorm<T> norm = shared;
  const std::size_t plane = static_cast<std::size_t>(block) * planes.pixels;
  write_gradients<T>(x + plane, dy + plane, planes, norm, slope, dx + plane, accumulate);
}

/// Both of the above in one launch, where a cluster of thread blocks has all of a block's channels.
template <class T>
__global__ void __launch_bounds__(sum_threads, sum_ctas)
    sum_and_send_back(const Piece* x, const Piece* dy, Planes planes, float slope, const float* saved, float* dtheta,
                      Piece* dx, bool accumulate) {
  constexpr int n = lanes<T>;
  __shared__ SumRoom<2 * n> room;
  __shared__ float mine[2 * n];
  __shared__ BackNorm<T> shared;
  const auto block = static_cast<int>(blockIdx.y);
  const auto thread = static_cast<int>(threadIdx.x);
  const std::size_t plane = static_cast<std::size_t>(block) * planes.pixels;
  {
    const BlockNorm<T> norm({saved, planes.channels, slope}, block);
    float sums[2 * n] = {};
    add_gradients<T>(x + plane, dy + plane, planes, norm, sums);
    static_cast<void>(sum_over_grid(sums, {nullptr, nullptr, 1, 0}, room));
  }
  if (thread < 2 * n) mine[thread] = static_cast<float>(room.totals[thread]);
  meet_cluster();
  if (thread < n) {
    double of_g = 0;
    double of_product = 0;
    for (int rank = 0; rank < planes.slices; ++rank) {
      of_g += read_cluster(mine + thread, rank);
      of_product += read_cluster(mine + n + thread, rank);
    }
    const int c = block * n + thread;
    const bool is_one = c < planes.channels;
    const float dgamma = is_one ? static_cast<float>(of_product * saved[3 * planes.channels + c]) : 0;
    shared.set(thread, c, planes, saved, dgamma, static_cast<float>(of_g));
    if (is_one && blockIdx.x == 0) {
      dtheta[c] = dgamma;
      dtheta[planes.channels + c] = static_cast<float>(of_g);
    }
  }
  meet_cluster();  // also: shared memory lives as long as its thread block
  const BackNorm<T> norm = shared;
  write_gradients<T>(x + plane, dy + plane, planes, norm, slope, dx + plane, accumulate);
}

// Planes that a cluster reads in about the time that starting another kernel takes.
constexpr int most_pixels_together = 1 << 14;
constexpr int most_ctas_together = 8;

template <class T>
class BatchNorm final : public Layer<float> {
 public:
  BatchNorm(const BatchNormDesc& desc, const Device& device)
      : d_(desc), device_(&device), blocks_(blocks_of<T>(desc.input.channels)) {
    const auto pixels = static_cast<int>(desc.input.plane());
    threads_ = threads_for(pixels);
    sums_ = {desc.input.channels, pixels, slices_of(device, blocks_, pixels)};
    elements_ = {desc.input.channels, pixels, ceil_div(pixels, 2 * together * threads_)};
    arrived_ = device.allocate(blocks_);
    if (!device.has_warpgroups() || pixels > most_pixels_together) return;
    int ctas = 1;
    while (ctas < most_ctas_together && ctas * 4 * threads_ < pixels) ctas *= 2;
    together_ = {desc.input.channels, pixels, ctas};
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return static_cast<std::size_t>(2 * lanes<T>) * blocks_ * sums_.slices;
  }

  void forward(const Operands<float>& at) override {
    if (!at.has_saved) {
      launch(*device_, take_statistics<T>, grid(sums_), threads_, 0, pieces(at.x[0]), sums_, at.theta, d_.epsilon,
             at.saved, at.scratch, arrived());
    }
    if (d_.deferred) return;
    const Normaliser norm{at.saved, d_.input.channels, slope()};
    launch(*device_, normalise<T>, grid(elements_), threads_, 0, pieces(at.x[0]), elements_, norm, pieces(at.y));
  }

  void backward_parameters(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (together_.slices > 0 && dx.data != nullptr) {
      launch_clusters(*device_, together_.slices, sum_and_send_back<T>, grid(together_), threads_, 0, pieces(at.x[0]),
                      pieces(gradients.dy), together_, slope(), at.saved, gradients.dtheta, pieces(dx.data),
                      dx.write == Write::accumulate);
      return;
    }
    launch(*device_, sum_gradients<T>, grid(sums_), threads_, 0, pieces(at.x[0]), pieces(gradients.dy), sums_, slope(),
           at.saved, gradients.dtheta, at.scratch, arrived());
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr || together_.slices > 0) return;  // backward_parameters() has done it
    launch(*device_, send_back<T>, grid(elements_), threads_, 0, pieces(at.x[0]), pieces(gradients.dy), elements_,
           slope(), at.saved, gradients.dtheta, pieces(dx.data), dx.write == Write::accumulate);
  }

 private:
  [[nodiscard]] dim3 grid(const Planes& planes) const { return dim3(planes.slices, blocks_); }
  [[nodiscard]] float slope() const { return static_cast<float>(d_.slope); }
  [[nodiscard]] unsigned* arrived() const { return reinterpret_cast<unsigned*>(arrived_.get()); }

  BatchNormDesc d_;
  const Device* device_;
  int blocks_;
  int threads_;
  Planes sums_;
  Planes elements_;
  Planes together_{0, 0, 0};  // of both backward passes in one launch; no slices: they have two
  Block arrived_;
};

}  // namespace

LayerPointer make_batch_norm(const BatchNormDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<BatchNorm<decltype(storage)>>(desc, context.device);
  });
}

}  // namespace dipper::cuda
