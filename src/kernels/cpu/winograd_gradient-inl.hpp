// SPDX-License-Identifier: Apache-2.0
// Winograd's method for backward-weights; compiled once for each instruction set.
#if defined(DIPPER_CPU_WINOGRAD_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_WINOGRAD_GRADIENT_INL
#undef DIPPER_CPU_WINOGRAD_GRADIENT_INL
#else
#define DIPPER_CPU_WINOGRAD_GRADIENT_INL
#endif

#include "base/thread_pool.hpp"
#include "kernels/cpu/tasks.hpp"
#include "kernels/cpu/weight_gradient-inl.hpp"
#include "kernels/cpu/winograd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// The adjoint of the forward method in its kernels: dw = G' (sum over tiles of (A dy A') (B' d B)) G. A group of tiles
/// or more is transformed, and then each position adds its matrix product to its own sums. Vectors run along the input
/// channels there, so the transformed patches are turned: [position][panel][tile][channel of the panel]. Gradients lie
/// as [position][group][output][tile of the group].
///
/// Where all that fits into a core's L2 cache, a task does both for a band of groups, and the bands' sums are added in
/// their order. Where it does not, all threads transform a window of groups, and then share out the positions; both
/// ways a task writes whole lines near each other.
class WinogradGradient final : public WeightGradientForm {
 public:
  WinogradGradient(const Conv2dDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), tiles_{desc.output()}, reader_(desc) {
    channels_ = vectors_of(d_.input.channels) * lanes;
    sum_step_ = spread_out(d_.out_channels * channels_);
    const std::size_t group = positions * (sum_step_ + (d_.out_channels + channels_) * group_tiles);
    if (group * sizeof(float) <= l2_budget) {
      windows_ = {tiles_.groups(), 1};
      bands_ = {tiles_.groups(), (tiles_.groups() + most_bands - 1) / most_bands};
    } else {
      windows_ = {tiles_.groups(), 8};
    }
    const std::size_t tiles = std::min(windows_.size, tiles_.groups()) * group_tiles;
    input_step_ = spread_out(channels_ * tiles);
    gradient_step_ = spread_out(d_.out_channels * tiles);
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    if (in_bands()) return bands_.count() * sums_size() + pool_->size() * transformed_size();
    return sums_size() + transformed_size();
  }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    if (in_bands()) {
      run_bands(x, dy, scratch);
    } else {
      run_windows(x, dy, scratch);
    }
    transform_sums(scratch, dw);
  }

 private:
  static constexpr int panel_channels = dense_vectors * static_cast<int>(lanes);
  static constexpr int most_bands = 16;
  static constexpr std::size_t l2_budget = 768 << 10;  // bytes

  [[nodiscard]] bool in_bands() const { return bands_.total > 0; }
  [[nodiscard]] std::size_t sums_size() const { return positions * sum_step_; }
  [[nodiscard]] std::size_t transformed_size() const { return positions * (input_step_ + gradient_step_); }

  void run_bands(const Source& x, const Source& dy, float* scratch) const {
    float* const workers = scratch + bands_.count() * sums_size();
    pool_->run(bands_.count(), [&](int band, int worker) HWY_ATTR {
      float* const input = workers + worker * transformed_size();
      float* const gradient = input + positions * input_step_;
      float* const sums = scratch + band * sums_size();
      for (int group = bands_.begin(band); group < bands_.end(band); ++group) {
        const int tile = group * static_cast<int>(group_tiles);
        for (int c = 0; c < static_cast<int>(channels_); c += static_cast<int>(lanes)) {
          transform_vector(x, tile, c, 1, 0, input);
        }
        transform_gradients(dy, tile, 0, d_.out_channels, gradient);
        const Write write = group == bands_.begin(band) ? Write::overwrite : Write::accumulate;
        for (int k = 0; k < positions; ++k) multiply_position(k, 1, input, gradient, write, sums);
      }
    });
    add_bands(scratch);
  }

  // To the first band's sums.
  void add_bands(float* sums) const {
    const Pieces parts{static_cast<int>(sums_size()), 4096};
    pool_->run(parts.count(), [&](int part, int /*worker*/) HWY_ATTR {
      for (int i = parts.begin(part); i < parts.end(part); i += static_cast<int>(lanes)) {
        V total = load(sums + i);
        for (int band = 1; band < bands_.count(); ++band) total = hn::Add(total, load(sums + band * sums_size() + i));
        store(total, sums + i);
      }
    });
  }

  void run_windows(const Source& x, const Source& dy, float* scratch) const {
    float* const input = scratch + sums_size();
    float* const gradient = input + positions * input_step_;
    const int vectors = static_cast<int>(channels_ / lanes);
    const Pieces outputs{d_.out_channels, 16};
    const int parts = vectors + outputs.count();
    for (int window = 0; window < windows_.count(); ++window) {
      const int groups = windows_.size_of(window);
      pool_->run(groups * parts, [&](int task, int /*worker*/) HWY_ATTR {
        const int group = task / parts;
        const int part = task % parts;
        const int tile = (windows_.begin(window) + group) * static_cast<int>(group_tiles);
        if (part < vectors) {
          transform_vector(x, tile, part * static_cast<int>(lanes), groups, group, input);
        } else {
          const int piece = part - vectors;
          float* to = gradient + group * group_tiles * d_.out_channels;
          transform_gradients(dy, tile, outputs.begin(piece), outputs.end(piece), to);
        }
      });
      const Write write = window == 0 ? Write::overwrite : Write::accumulate;
      pool_->run(positions, [&](int k, int /*worker*/)
                                HWY_ATTR { multiply_position(k, groups, input, gradient, write, scratch); });
    }
  }

  /// Of the panel that channel c lies in: the last one may be a single vector.
  [[nodiscard]] std::size_t panel_width(int c) const {
    const std::size_t begin = c / panel_channels * panel_channels;
    return std::min<std::size_t>(panel_channels, channels_ - begin);
  }

  void multiply_position(int k, int groups, const float* input, const float* gradient, Write write, float* sums) const {
    DenseProduct product{.a = gradient + k * gradient_step_,
                         .a_row = group_tiles,
                         .b = input + k * input_step_,
                         .b_step = panel_channels,
                         .depth = static_cast<int>(group_tiles),
                         .repeats = groups,
                         .a_repeat = d_.out_channels * group_tiles,
                         .b_repeat = panel_channels * group_tiles,
                         .c_row = channels_,
                         .write = write};
    product.c = sums + k * sum_step_;
    std::size_t c = 0;
    for (; c + panel_channels <= channels_; c += panel_channels) {
      multiply_dense_rows<dense_vectors>(d_.out_channels, product);
      product.b += groups * product.b_repeat;
      product.c += panel_channels;
    }
    if (c == channels_) return;
    product.b_step = lanes;
    product.b_repeat = lanes * group_tiles;
    multiply_dense_rows<1>(d_.out_channels, product);
  }

  // The vector of channels that begins with c, of a group of tiles: group number `group` of `groups` in `input`.
  void transform_vector(const Source& x, int tile, int c, int groups, int group, float* input) const {
    const std::size_t width = panel_width(c);
    const std::size_t panel = c / panel_channels * panel_channels;
    float* to = input + panel * groups * group_tiles + group * group_tiles * width + (c - panel);
    transform_inputs(x, tile, c, width, to);
  }

  // `to`: rows of `width` floats, one for each tile.
  void transform_inputs(const Source& x, int tile, int c, std::size_t width, float* to) const {
    HWY_ALIGN float turned[lanes][positions * lanes];
    for (int n = 0; n < group_vectors; ++n, to += lanes * width) {
      for (int i = 0; i < static_cast<int>(lanes); ++i) {
        transform_channel(x, c + i, tile + n * static_cast<int>(lanes), turned[i]);
      }
      for (int k = 0; k < positions; ++k) {
        V rows[lanes];
        for (std::size_t i = 0; i < lanes; ++i) rows[i] = load(turned[i] + k * lanes);
        transpose(rows);
        for (std::size_t lane = 0; lane < lanes; ++lane) store(rows[lane], to + k * input_step_ + lane * width);
      }
    }
  }

  // Channels past the last one are zeros.
  void transform_channel(const Source& x, int c, int tile, float* to) const {
    if (c >= d_.input.channels) {
      std::fill_n(to, positions * lanes, 0.0F);
      return;
    }
    V patch[patch_size][patch_size];
    reader_.read(x, c, tile, patch);
    transform_patch(patch, to, lanes);
  }

  void transform_gradients(const Source& dy, int tile, int begin, int end, float* to) const {
    for (int o = begin; o < end; ++o) {
      for (int n = 0; n < group_vectors; ++n) {
        const float* plane = dy.values + o * tiles_.shape.plane();
        transform_tiles(plane, tile + n * static_cast<int>(lanes), to + o * group_tiles + n * lanes);
      }
    }
  }

  // A dy A' of a vector of tiles; outside of the picture dy is zero.
  HWY_INLINE void transform_tiles(const float* plane, int tile, float* to) const {
    const int row = tile / tiles_.columns() * tile_size;
    const int column = tile % tiles_.columns() * tile_size;
    constexpr int width = tile_size * static_cast<int>(lanes);
    const bool whole =
        tiles_.in_one_row(tile) && row + tile_size <= tiles_.shape.height && column + width <= tiles_.shape.width;
    HWY_ALIGN float values[tile_size][width];
    if (!whole) take_apart(plane, tile, values[0]);
    V rows[tile_size][patch_size];
    for (int r = 0; r < tile_size; ++r) {
      const float* from = whole ? plane + static_cast<std::size_t>(row + r) * tiles_.shape.width + column : values[r];
      V y[tile_size];
      hn::LoadInterleaved4(D(), from, y[0], y[1], y[2], y[3]);
      transform_gradient(y, rows[r]);
    }
    for (int j = 0; j < patch_size; ++j) {
      V y[tile_size];
      V out[patch_size];
      for (int r = 0; r < tile_size; ++r) y[r] = rows[r][j];
      transform_gradient(y, out);
      for (int r = 0; r < patch_size; ++r) store(out[r], to + (r * patch_size + j) * gradient_step_);
    }
  }

  // values: [4][lanes][4], the rows of each tile.
  HWY_NOINLINE void take_apart(const float* plane, int tile, float* values) const {
    std::fill_n(values, tile_size * tile_size * lanes, 0.0F);
    for (int lane = 0; lane < static_cast<int>(lanes) && tile + lane < tiles_.count(); ++lane) {
      const int row = (tile + lane) / tiles_.columns() * tile_size;
      const int column = (tile + lane) % tiles_.columns() * tile_size;
      const int rows = std::min(tile_size, tiles_.shape.height - row);
      const int columns = std::min(tile_size, tiles_.shape.width - column);
      for (int r = 0; r < rows; ++r) {
        const float* from = plane + static_cast<std::size_t>(row + r) * tiles_.shape.width + column;
        std::copy_n(from, columns, values + (r * static_cast<int>(lanes) + lane) * tile_size);
      }
    }
  }

  // dw[o][c] = G' u G with u the sums.
  void transform_sums(const float* sums, float* dw) const {
    pool_->run(d_.out_channels, [&](int o, int /*worker*/) HWY_ATTR {
      for (int c = 0; c < d_.input.channels; c += static_cast<int>(lanes)) {
        V rows[patch_size][3];
        for (int r = 0; r < patch_size; ++r) {
          for (int v = 0; v < 3; ++v) rows[r][v] = hn::Zero(D());
          for (int j = 0; j < patch_size; ++j) {
            const V u = load(sums + (r * patch_size + j) * sum_step_ + o * channels_ + c);
            for (int v = 0; v < 3; ++v) rows[r][v] = hn::MulAdd(splat(kernel_matrix[j][v]), u, rows[r][v]);
          }
        }
        HWY_ALIGN float values[9][lanes];
        for (int q = 0; q < 9; ++q) {
          V sum = hn::Zero(D());
          for (int r = 0; r < patch_size; ++r) sum = hn::MulAdd(splat(kernel_matrix[r][q / 3]), rows[r][q % 3], sum);
          store(sum, values[q]);
        }
        float* to = dw + (static_cast<std::size_t>(o) * d_.input.channels + c) * 9;
        for (int i = 0; i < static_cast<int>(lanes) && c + i < d_.input.channels; ++i) {
          for (const auto& value : values) *to++ = value[i];
        }
      }
    });
  }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Tiles tiles_;
  PatchReader reader_;
  Pieces windows_;              // of groups
  Pieces bands_;                // of groups; none where windows are shared out
  std::size_t channels_ = 0;    // of the input, rounded up to whole vectors
  std::size_t input_step_ = 0;  // floats from one position to the next
  std::size_t gradient_step_ = 0;
  std::size_t sum_step_ = 0;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
