// SPDX-License-Identifier: Apache-2.0
// Layers that move values to other places.
#include <vector>

#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"

namespace dipper::cuda {
namespace {

// Pixel shuffles walk over planes in tiles, with one block of channels in each layer of the grid.

constexpr int tile_width = 32;
constexpr int tile_height = 8;

dim3 tiles_of(const Shape& shape, int blocks) {
  return dim3(ceil_div(shape.width, tile_width), ceil_div(shape.height, tile_height), blocks);
}

struct Pixel {
  int row;
  int column;
};

__device__ inline Pixel this_pixel() {
  return {static_cast<int>(blockIdx.y) * tile_height + static_cast<int>(threadIdx.y),
          static_cast<int>(blockIdx.x) * tile_width + static_cast<int>(threadIdx.x)};
}

__device__ inline std::size_t piece_at(const Shape& shape, int block, int row, int column) {
  return (static_cast<std::size_t>(block) * shape.height + row) * shape.width + column;
}

template <class T>
__device__ float element(const Piece* tensor, const Shape& shape, int channel, int row, int column) {
  const std::size_t piece = piece_at(shape, channel / lanes<T>, row, column);
  return static_cast<float>(reinterpret_cast<const T*>(tensor + piece)[channel % lanes<T>]);
}

/// As BlockNorm, for one channel.
__device__ float normalised(const Normaliser& from, int channel, float x) {
  if (from.norm == nullptr) return x;
  const float t =
      (x - from.norm[channel]) * from.norm[from.channels + channel] + from.norm[2 * from.channels + channel];
  return t > 0 ? t : t * from.slope;
}

/// Any factor: a thread makes one piece of y, lane by lane.
template <class T>
__global__ void shuffle(const Piece* x, Shape in, Shape out, int factor, Normaliser normaliser, Piece* y) {
  const auto [row, column] = this_pixel();
  if (row >= out.height || column >= out.width) return;
  const auto block = static_cast<int>(blockIdx.z);
  const int part = row % factor * factor + column % factor;
  Lanes<T> values;
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) {
    const int channel = (block * lanes<T> + i) * factor * factor + part;
    values.at[i] = 0;
    if (channel >= in.channels) continue;
    values.at[i] = normalised(normaliser, channel, element<T>(x, in, channel, row / factor, column / factor));
  }
  y[piece_at(out, block, row, column)] = pack<T>(values);
}

template <class T>
__global__ void shuffle_back(const Piece* dy, Shape in, Shape out, int factor, Piece* dx, bool accumulate) {
  const auto [row, column] = this_pixel();
  if (row >= in.height || column >= in.width) return;
  const auto block = static_cast<int>(blockIdx.z);
  Lanes<T> values;
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) {
    const int channel = block * lanes<T> + i;
    values.at[i] = 0;
    if (channel >= in.channels) continue;
    values.at[i] = element<T>(dy, out, channel / (factor * factor), row * factor + channel / factor % factor,
                              column * factor + channel % factor);
  }
  put<T>(dx + piece_at(in, block, row, column), values, accumulate);
}

/// What a CTA's four blocks of input channels are normalised with.
template <class T>
struct FourNorms {
  float mean[4 * lanes<T>];
  float scale[4 * lanes<T>];
  float beta[4 * lanes<T>];

  __device__ void set(const Normaliser& from, int lane, int channel) {
    const bool is_one = channel < from.channels;
    mean[lane] = is_one ? from.norm[channel] : 0;
    scale[lane] = is_one ? from.norm[from.channels + channel] : 0;
    beta[lane] = is_one ? from.norm[2 * from.channels + channel] : 0;
  }
};

/// Factor 2: four input blocks are one output block, whose pixel (a, b) has every fourth of their values.
template <class T>
__global__ void __launch_bounds__(tile_width* tile_height)
    shuffle_by_two(const Piece* x, Shape in, Shape out, int in_blocks, Normaliser normaliser, Piece* y) {
  constexpr int n = lanes<T>;
  __shared__ FourNorms<T> norms;
  const auto block = static_cast<int>(blockIdx.z);
  const int thread = static_cast<int>(threadIdx.y) * tile_width + static_cast<int>(threadIdx.x);
  if (normaliser.norm != nullptr && thread < 4 * n) norms.set(normaliser, thread, block * 4 * n + thread);
  __syncthreads();
  const auto [row, column] = this_pixel();
  if (row >= in.height || column >= in.width) return;
  float values[4 * n];
#pragma unroll
  for (int q = 0; q < 4; ++q) {
    Piece piece{};
    if (block * 4 + q < in_blocks) piece = x[piece_at(in, block * 4 + q, row, column)];
    const Lanes<T> four = unpack<T>(piece);
#pragma unroll
    for (int i = 0; i < n; ++i) values[q * n + i] = four.at[i];
  }
  if (normaliser.norm != nullptr) {
#pragma unroll
    for (int i = 0; i < 4 * n; ++i) {
      const float t = (values[i] - norms.mean[i]) * norms.scale[i] + norms.beta[i];
      values[i] = t > 0 ? t : t * normaliser.slope;
    }
  }
#pragma unroll
  for (int part = 0; part < 4; ++part) {
    Lanes<T> result;
#pragma unroll
    for (int i = 0; i < n; ++i) result.at[i] = values[4 * i + part];
    y[piece_at(out, block, 2 * row + part / 2, 2 * column + part % 2)] = pack<T>(result);
  }
}

template <class T>
__global__ void __launch_bounds__(tile_width* tile_height)
    shuffle_back_by_two(const Piece* dy, Shape in, Shape out, int in_blocks, Piece* dx, bool accumulate) {
  constexpr int n = lanes<T>;
  const auto [row, column] = this_pixel();
  if (row >= in.height || column >= in.width) return;
  const auto block = static_cast<int>(blockIdx.z);
  float values[4 * n];
#pragma unroll
  for (int part = 0; part < 4; ++part) {
    const Lanes<T> pixel = unpack<T>(dy[piece_at(out, block, 2 * row + part / 2, 2 * column + part % 2)]);
#pragma unroll
    for (int i = 0; i < n; ++i) values[4 * i + part] = pixel.at[i];
  }
#pragma unroll
  for (int q = 0; q < 4; ++q) {
    if (block * 4 + q >= in_blocks) return;
    Lanes<T> result;
#pragma unroll
    for (int i = 0; i < n; ++i) result.at[i] = values[q * n + i];
    put<T>(dx + piece_at(in, block * 4 + q, row, column), result, accumulate);
  }
}

template <class T>
class PixelShuffle final : public Layer<float> {
 public:
  PixelShuffle(const PixelShuffleDesc& desc, const Device& device)
      : d_(desc),
        device_(&device),
        out_(desc.output()),
        in_blocks_(blocks_of<T>(desc.input.channels)),
        out_blocks_(blocks_of<T>(out_.channels)) {}

  void forward(const Operands<float>& at) override {
    const Normaliser norm = normaliser(d_.load, at.norm, d_.input.channels);
    if (d_.factor == 2) {
      launch(*device_, shuffle_by_two<T>, tiles_of(d_.input, out_blocks_), tile, 0, pieces(at.x[0]), d_.input, out_,
             in_blocks_, norm, pieces(at.y));
    } else {
      launch(*device_, shuffle<T>, tiles_of(out_, out_blocks_), tile, 0, pieces(at.x[0]), d_.input, out_, d_.factor,
             norm, pieces(at.y));
    }
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    if (dx.data == nullptr) return;
    const bool accumulate = dx.write == Write::accumulate;
    if (d_.factor == 2) {
      launch(*device_, shuffle_back_by_two<T>, tiles_of(d_.input, out_blocks_), tile, 0, pieces(gradients.dy), d_.input,
             out_, in_blocks_, pieces(dx.data), accumulate);
    } else {
      launch(*device_, shuffle_back<T>, tiles_of(d_.input, in_blocks_), tile, 0, pieces(gradients.dy), d_.input, out_,
             d_.factor, pieces(dx.data), accumulate);
    }
  }

 private:
  static constexpr dim3 tile{tile_width, tile_height};

  PixelShuffleDesc d_;
  const Device* device_;
  Shape out_;
  int in_blocks_;
  int out_blocks_;
};

// Concatenations move channels up or down by a number that may not be that of whole blocks.

constexpr int copy_threads = 256;
constexpr int run = 4;  // pieces of one pixel that a thread writes

/// `count` blocks of a tensor from `first` on get the channels that lie `shift` higher in another.
struct Move {
  int first;
  int count;
  int from_blocks;
  int shift;  // channels; negative: lower
  int keep;   // the lowest lanes of block `first` stay as they are
};

/// The piece whose lane 0 is lane `offset`, in halves of a word, of `low`, and which goes on into `high`.
__device__ inline Piece shifted(const Piece& low, const Piece& high, int offset) {
  std::uint32_t w[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
  if ((offset & 4) != 0) {
#pragma unroll
    for (int i = 0; i < 6; ++i) w[i] = w[i + 2];
  }
  if ((offset & 2) != 0) {
#pragma unroll
    for (int i = 0; i < 5; ++i) w[i] = w[i + 1];
  }
  if ((offset & 1) != 0) {
#pragma unroll
    for (int i = 0; i < 4; ++i) w[i] = __funnelshift_r(w[i], w[i + 1], 16);
  }
  return {w[0], w[1], w[2], w[3]};
}

template <class T>
__device__ void write_moved(Piece* to, Piece value, int keep, bool accumulate) {
  if (keep == 0 && !accumulate) {
    *to = value;
    return;
  }
  Lanes<T> values = unpack<T>(value);
  if (keep > 0) {
    const Lanes<T> old = unpack<T>(*to);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      if (i < keep) values.at[i] = old.at[i];
    }
  }
  put<T>(to, values, accumulate);
}

/// A thread goes up along a run of blocks and reads each piece once. What comes from beyond the tensor is 0.
template <class T>
__global__ void __launch_bounds__(copy_threads)
    move_channels(const Piece* from, int pixels, Move move, Piece* to, bool accumulate) {
  constexpr int halves = 8 / lanes<T>;  // of a word in a lane
  const int pixel = static_cast<int>(blockIdx.x) * copy_threads + static_cast<int>(threadIdx.x);
  if (pixel >= pixels) return;
  const int begin = static_cast<int>(blockIdx.y) * run;
  // Of channel `lanes * block + shift`, rounded down.
  const int lane = ((move.first + begin) * lanes<T> + move.shift + lanes<T>) % lanes<T>;
  const int source = ((move.first + begin) * lanes<T> + move.shift - lane) / lanes<T>;
  Piece loaded[run + 1];
#pragma unroll
  for (int i = 0; i <= run; ++i) {
    const bool is_read = (i < run || lane > 0) && source + i >= 0 && source + i < move.from_blocks;
    loaded[i] = is_read ? from[static_cast<std::size_t>(source + i) * pixels + pixel] : Piece{};
  }
#pragma unroll
  for (int i = 0; i < run; ++i) {
    if (begin + i >= move.count) return;
    Piece* const at = to + static_cast<std::size_t>(move.first + begin + i) * pixels + pixel;
    write_moved<T>(at, shifted(loaded[i], loaded[i + 1], lane * halves), begin + i == 0 ? move.keep : 0, accumulate);
  }
}

template <class T>
class Concat final : public Layer<float> {
 public:
  Concat(const ConcatDesc& desc, const Device& device)
      : device_(&device),
        pixels_(static_cast<int>(desc.output().plane())),
        blocks_(blocks_of<T>(desc.output().channels)) {
    int channels = 0;
    for (const Shape& part : desc.parts) {
      parts_.push_back({channels, part.channels});
      channels += part.channels;
    }
  }

  // Parts write in order. One that begins within a block leaves the lanes below to those before it, and its own last
  // block's empty lanes are written by the next.
  void forward(const Operands<float>& at) override {
    for (std::size_t n = 0; n < parts_.size(); ++n) {
      const auto [begin, channels] = parts_[n];
      if (at.x[n] == place(at.y, begin)) continue;
      const int first = begin / lanes<T>;
      const int end = blocks_of<T>(begin + channels);
      copy(at.x[n], {first, end - first, blocks_of<T>(channels), -begin, begin % lanes<T>}, {at.y, Write::overwrite});
    }
  }

  void backward_inputs(const Operands<float>& /*at*/, const Gradients<float>& gradients) override {
    for (std::size_t n = 0; n < parts_.size(); ++n) {
      const auto [begin, channels] = parts_[n];
      const GradientTarget<float>& dx = gradients.dx[n];
      if (dx.data == nullptr || dx.data == place(gradients.dy, begin)) continue;
      copy(gradients.dy, {0, blocks_of<T>(channels), blocks_, begin, 0}, dx);
    }
  }

 private:
  struct Part {
    int begin;
    int channels;
  };

  /// Where a part lies in the whole when nothing has to be copied; null when it cannot.
  template <class P>
  [[nodiscard]] P* place(P* whole, int begin) const {
    if (begin % lanes<T> != 0) return nullptr;
    return whole + static_cast<std::size_t>(begin / lanes<T>) * pixels_ * (sizeof(Piece) / sizeof(float));
  }

  void copy(const float* from, const Move& move, const GradientTarget<float>& to) const {
    const dim3 grid(ceil_div(pixels_, copy_threads), ceil_div(move.count, run));
    launch(*device_, move_channels<T>, grid, copy_threads, 0, pieces(from), pixels_, move, pieces(to.data),
           to.write == Write::accumulate);
  }

  const Device* device_;
  int pixels_;  // of a plane
  int blocks_;  // of the whole
  std::vector<Part> parts_;
};

}  // namespace

LayerPointer make_pixel_shuffle(const PixelShuffleDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<PixelShuffle<decltype(storage)>>(desc, context.device);
  });
}

LayerPointer make_concat(const ConcatDesc& desc, const Context& context) {
  return with_storage(context.precision, [&](auto storage) -> LayerPointer {
    return std::make_unique<Concat<decltype(storage)>>(desc, context.device);
  });
}

}  // namespace dipper::cuda
