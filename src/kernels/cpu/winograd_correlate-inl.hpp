// SPDX-License-Identifier: Apache-2.0
// Winograd's method for forward and backward-data; compiled once for each instruction set.
#if defined(DIPPER_CPU_WINOGRAD_CORRELATE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_WINOGRAD_CORRELATE_INL
#undef DIPPER_CPU_WINOGRAD_CORRELATE_INL
#else
#define DIPPER_CPU_WINOGRAD_CORRELATE_INL
#endif

#include "base/thread_pool.hpp"
#include "kernels/cpu/map-inl.hpp"
#include "kernels/cpu/tasks.hpp"
#include "kernels/cpu/winograd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// Where the weight for output o and input c begins in memory, and whether its nine values are read backwards: with
/// both, a correlation of dy is a convolution's backward-data pass.
struct KernelLayout {
  std::size_t output = 0;
  std::size_t input = 0;
  bool reversed = false;
};

/// y = bias + x correlated with 3x3 kernels, stride 1. For each group of tiles: its patches are transformed for all
/// input channels, multiplied position by position with the transformed kernels, and transformed back, a chunk of
/// output channels at a time so that everything but the kernels stays in a core's L2 cache.
class WinogradCorrelate final : public Map {
 public:
  WinogradCorrelate(const Conv2dDesc& desc, const KernelLayout& layout, ThreadPool& pool)
      : d_(desc), layout_(layout), pool_(&pool), tiles_{desc.output()}, reader_(desc) {
    kernel_step_ = spread_out(static_cast<std::size_t>(d_.out_channels) * d_.input.channels);
    input_step_ = static_cast<std::size_t>(d_.input.channels) * group_tiles + lanes;
    chunk_ = std::min(d_.out_channels, 64);
    output_step_ = static_cast<std::size_t>(chunk_) * group_tiles + lanes;
    pieces_ = cut_channels(d_.out_channels, tiles_.groups(), dense_rows);
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return kernels_size() + inputs() * input_size() + pool_->size() * output_size();
  }

  void run(const Source& x, const float* w, const float* bias, float* y, Write write, float* scratch) const override {
    float* const input = scratch + kernels_size();
    float* const output = input + inputs() * input_size();
    transform_kernels(w, scratch);
    if (shared()) {
      const Pieces channels{d_.input.channels, 16};
      pool_->run(tiles_.groups() * channels.count(), [&](int task, int /*worker*/) HWY_ATTR {
        const int group = task / channels.count();
        const int piece = task % channels.count();
        transform_inputs(x, group, channels.begin(piece), channels.end(piece), input + group * input_size());
      });
    }
    pool_->run(tiles_.groups() * pieces_.count(), [&](int task, int worker) HWY_ATTR {
      const int group = task / pieces_.count();
      const float* from = input + (shared() ? group : worker) * input_size();
      if (!shared()) transform_inputs(x, group, 0, d_.input.channels, input + worker * input_size());
      multiply_group(group, task % pieces_.count(), from, scratch, bias, y, write, output + worker * output_size());
    });
  }

 private:
  /// Few groups are shared out by their output channels too, and then transformed beforehand, once for all.
  [[nodiscard]] bool shared() const { return pieces_.count() > 1; }
  [[nodiscard]] int inputs() const { return shared() ? tiles_.groups() : pool_->size(); }
  [[nodiscard]] std::size_t kernels_size() const { return positions * kernel_step_; }
  [[nodiscard]] std::size_t input_size() const { return positions * input_step_; }
  [[nodiscard]] std::size_t output_size() const { return positions * output_step_; }

  void multiply_group(int group, int piece, const float* input, const float* kernels, const float* bias, float* y,
                      Write write, float* output) const {
    const auto depth = static_cast<std::size_t>(d_.input.channels);
    for (int o = pieces_.begin(piece); o < pieces_.end(piece); o += chunk_) {
      const int outputs = std::min(chunk_, pieces_.end(piece) - o);
      for (int k = 0; k < positions; ++k) {
        multiply_dense_rows<group_vectors>(outputs, {.a = kernels + k * kernel_step_ + o * depth,
                                                     .a_row = depth,
                                                     .b = input + k * input_step_,
                                                     .b_step = group_tiles,
                                                     .depth = d_.input.channels,
                                                     .c = output + k * output_step_,
                                                     .c_row = group_tiles,
                                                     .write = Write::overwrite});
      }
      for (int row = 0; row < outputs; ++row) {
        const V start = splat(bias == nullptr ? 0.0F : bias[o + row]);
        for (int n = 0; n < group_vectors; ++n) {
          const int tile = (group * group_vectors + n) * static_cast<int>(lanes);
          write_tiles(output + row * group_tiles + n * lanes, start, tile, y + (o + row) * tiles_.shape.plane(), write);
        }
      }
    }
  }

  // kernels[position][o][c] = G g G'.
  void transform_kernels(const float* w, float* kernels) const {
    pool_->run(d_.out_channels, [&](int o, int /*worker*/) HWY_ATTR {
      for (int c = 0; c < d_.input.channels; c += static_cast<int>(lanes)) {
        const int count = std::min(static_cast<int>(lanes), d_.input.channels - c);
        HWY_ALIGN float values[9][lanes] = {};
        for (int i = 0; i < count; ++i) {
          const float* from = w + o * layout_.output + (c + i) * layout_.input;
          for (int q = 0; q < 9; ++q) values[q][i] = from[layout_.reversed ? 8 - q : q];
        }
        transform_kernel(values, count, kernels + static_cast<std::size_t>(o) * d_.input.channels + c);
      }
    });
  }

  void transform_kernel(const float (*values)[lanes], int count, float* to) const {
    V rows[patch_size][3];
    for (int r = 0; r < patch_size; ++r) {
      for (int v = 0; v < 3; ++v) {
        V sum = hn::Mul(splat(kernel_matrix[r][0]), hn::Load(D(), values[v]));
        for (int u = 1; u < 3; ++u) sum = hn::MulAdd(splat(kernel_matrix[r][u]), hn::Load(D(), values[3 * u + v]), sum);
        rows[r][v] = sum;
      }
    }
    for (int r = 0; r < patch_size; ++r) {
      for (int j = 0; j < patch_size; ++j) {
        V sum = hn::Mul(splat(kernel_matrix[j][0]), rows[r][0]);
        for (int v = 1; v < 3; ++v) sum = hn::MulAdd(splat(kernel_matrix[j][v]), rows[r][v], sum);
        store_part(sum, to + (r * patch_size + j) * kernel_step_, count);
      }
    }
  }

  void transform_inputs(const Source& x, int group, int begin, int end, float* input) const {
    for (int c = begin; c < end; ++c) {
      for (int n = 0; n < group_vectors; ++n) {
        const int tile = (group * group_vectors + n) * static_cast<int>(lanes);
        float* to = input + c * group_tiles + n * lanes;
        V patch[patch_size][patch_size];
        reader_.read(x, c, tile, patch);
        transform_patch(patch, to, input_step_);
      }
    }
  }

  // One channel's outputs of a vector of tiles: A' m A, plus `start`.
  HWY_INLINE void write_tiles(const float* m, V start, int tile, float* plane, Write write) const {
    if (tile >= tiles_.count()) return;
    V rows[patch_size][tile_size];
    for (int r = 0; r < patch_size; ++r) {
      V values[patch_size];
      for (int j = 0; j < patch_size; ++j) values[j] = load(m + (r * patch_size + j) * output_step_);
      transform_output(values, rows[r]);
    }
    V out[tile_size][tile_size];
    for (int j = 0; j < tile_size; ++j) {
      V column[patch_size];
      V values[tile_size];
      for (int r = 0; r < patch_size; ++r) column[r] = rows[r][j];
      transform_output(column, values);
      for (int r = 0; r < tile_size; ++r) out[r][j] = hn::Add(values[r], start);
    }
    const int row = tile / tiles_.columns() * tile_size;
    const int column = tile % tiles_.columns() * tile_size;
    constexpr int width = tile_size * static_cast<int>(lanes);
    const bool whole = tiles_.in_one_row(tile) && row + tile_size <= tiles_.shape.height &&
                       column + width <= tiles_.shape.width && write == Write::overwrite;
    HWY_ALIGN float values[tile_size][width];
    for (int r = 0; r < tile_size; ++r) {
      float* to = whole ? plane + static_cast<std::size_t>(row + r) * tiles_.shape.width + column : values[r];
      hn::StoreInterleaved4(out[r][0], out[r][1], out[r][2], out[r][3], D(), to);
    }
    if (!whole) put_apart(values[0], tile, plane, write);
  }

  // values: [4][lanes][4], the rows of each tile.
  HWY_NOINLINE void put_apart(const float* values, int tile, float* plane, Write write) const {
    for (int lane = 0; lane < static_cast<int>(lanes) && tile + lane < tiles_.count(); ++lane) {
      const int row = (tile + lane) / tiles_.columns() * tile_size;
      const int column = (tile + lane) % tiles_.columns() * tile_size;
      const int rows = std::min(tile_size, tiles_.shape.height - row);
      const int columns = std::min(tile_size, tiles_.shape.width - column);
      for (int r = 0; r < rows; ++r) {
        float* to = plane + static_cast<std::size_t>(row + r) * tiles_.shape.width + column;
        const float* from = values + (r * static_cast<int>(lanes) + lane) * tile_size;
        for (int j = 0; j < columns; ++j) to[j] = write == Write::accumulate ? to[j] + from[j] : from[j];
      }
    }
  }

  Conv2dDesc d_;
  KernelLayout layout_;
  ThreadPool* pool_;
  Tiles tiles_;
  PatchReader reader_;
  Pieces pieces_;  // of the output channels
  int chunk_ = 64;
  std::size_t kernel_step_ = 0;  // floats from one position to the next
  std::size_t input_step_ = 0;   // floats from one position to the next, of all channels and a vector between
  std::size_t output_step_ = 0;  // the same of a chunk
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
