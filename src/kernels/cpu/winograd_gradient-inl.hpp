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

/// The adjoint of the forward method in its kernels: dw = G' (sum over tiles of (A dy A') (B' d B)) G. A window of
/// groups of tiles is transformed, and then each position adds its matrix product to its own sums. Vectors run along
/// the input channels there, so the transformed patches are turned: [position][tile][channel].
class WinogradGradient final : public WeightGradientForm {
 public:
  WinogradGradient(const Conv2dDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), tiles_{desc.output()}, reader_(desc), windows_{tiles_.groups(), 8} {
    const std::size_t tiles = std::min(windows_.size, tiles_.groups()) * group_tiles;
    channels_ = vectors_of(d_.input.channels) * lanes;
    gradient_row_ = spread_out(tiles);
    input_step_ = spread_out(channels_ * tiles);
    gradient_step_ = spread_out(d_.out_channels * gradient_row_);
    sum_step_ = spread_out(d_.out_channels * channels_);
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return positions * (sum_step_ + input_step_ + gradient_step_);
  }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    float* const input = scratch + positions * sum_step_;
    float* const gradient = input + positions * input_step_;
    const Pieces inputs{static_cast<int>(channels_), 16};
    const Pieces outputs{d_.out_channels, 16};
    const int parts = inputs.count() + outputs.count();
    for (int window = 0; window < windows_.count(); ++window) {
      pool_->run(windows_.size_of(window) * parts, [&](int task, int /*worker*/) HWY_ATTR {
        const int group = task / parts;
        const int part = task % parts;
        const int tile = (windows_.begin(window) + group) * static_cast<int>(group_tiles);
        if (part < inputs.count()) {
          transform_inputs(x, tile, inputs.begin(part), inputs.end(part), input + group * group_tiles * channels_);
        } else {
          const int piece = part - inputs.count();
          transform_gradients(dy, tile, outputs.begin(piece), outputs.end(piece), gradient + group * group_tiles);
        }
      });
      const Write write = window == 0 ? Write::overwrite : Write::accumulate;
      pool_->run(positions, [&](int k, int /*worker*/) HWY_ATTR {
        multiply_position(k, windows_.size_of(window), input, gradient, write, scratch);
      });
    }
    transform_sums(scratch, dw);
  }

 private:
  void multiply_position(int k, int groups, const float* input, const float* gradient, Write write, float* sums) const {
    DenseProduct product{.a = gradient + k * gradient_step_,
                         .a_row = gradient_row_,
                         .b = input + k * input_step_,
                         .b_step = channels_,
                         .depth = groups * static_cast<int>(group_tiles),
                         .c = nullptr,
                         .c_row = channels_,
                         .write = write};
    product.c = sums + k * sum_step_;
    std::size_t c = 0;
    for (; c + 2 * lanes <= channels_; c += 2 * lanes, product.b += 2 * lanes, product.c += 2 * lanes) {
      multiply_dense_rows<2>(d_.out_channels, product);
    }
    if (c < channels_) multiply_dense_rows<1>(d_.out_channels, product);
  }

  void transform_inputs(const Source& x, int tile, int begin, int end, float* input) const {
    HWY_ALIGN float turned[tile_size][positions * lanes];
    for (int c = begin; c < end; c += tile_size) {
      for (int n = 0; n < group_vectors; ++n) {
        for (int i = 0; i < tile_size; ++i) transform_channel(x, c + i, tile + n * static_cast<int>(lanes), turned[i]);
        for (int k = 0; k < positions; ++k) {
          HWY_ALIGN float quads[tile_size * lanes];
          const std::size_t at = k * lanes;
          hn::StoreInterleaved4(load(turned[0] + at), load(turned[1] + at), load(turned[2] + at), load(turned[3] + at),
                                D(), quads);
          float* to = input + k * input_step_ + n * lanes * channels_ + c;
          for (std::size_t lane = 0; lane < lanes; ++lane) {
            std::memcpy(to + lane * channels_, quads + lane * tile_size, tile_size * sizeof(float));
          }
        }
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
        transform_tiles(plane, tile + n * static_cast<int>(lanes), to + o * gradient_row_ + n * lanes);
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
  Pieces windows_;            // of groups
  std::size_t channels_ = 0;  // of the input, rounded up to whole vectors
  std::size_t gradient_row_ = 0;
  std::size_t input_step_ = 0;  // floats from one position to the next
  std::size_t gradient_step_ = 0;
  std::size_t sum_step_ = 0;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
