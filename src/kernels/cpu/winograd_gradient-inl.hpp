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

/// The adjoint of the forward method in its kernels: dw = G' (sum over tiles of (A dy A') (B' d B)) G. The tiles are
/// cut into strips with sums of their own, which are added in their order at the end. Vectors run along the input
/// channels here, so the transformed patches are turned: [position][tile][channel].
class WinogradGradient final : public WeightGradientForm {
 public:
  WinogradGradient(const Conv2dDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), tiles_{desc.output()}, reader_(desc) {
    channels_ = (static_cast<std::size_t>(d_.input.channels) + lanes - 1) / lanes * lanes;
    input_step_ = channels_ * group_tiles + lanes;
    gradient_step_ = static_cast<std::size_t>(d_.out_channels) * group_tiles + lanes;
    strips_ = {tiles_.groups(), (tiles_.groups() + 7) / 8};
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return strips_.count() * sums_size() + pool_->size() * worker_size();
  }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    float* workers = scratch + strips_.count() * sums_size();
    pool_->run(strips_.count(), [&](int strip, int worker) HWY_ATTR {
      float* input = workers + worker * worker_size();
      float* gradient = input + positions * input_step_;
      float* sums = scratch + strip * sums_size();
      for (int group = strips_.begin(strip); group < strips_.end(strip); ++group) {
        const int tile = group * static_cast<int>(group_tiles);
        transform_inputs(x, tile, input);
        transform_gradients(dy, tile, gradient);
        const Write write = group == strips_.begin(strip) ? Write::overwrite : Write::accumulate;
        for (int k = 0; k < positions; ++k) {
          float* to = sums + static_cast<std::size_t>(k) * d_.out_channels * channels_;
          DenseProduct product{.a = gradient + k * gradient_step_,
                               .a_row = group_tiles,
                               .b = input + k * input_step_,
                               .b_step = channels_,
                               .depth = static_cast<int>(group_tiles),
                               .c = to,
                               .c_row = channels_,
                               .write = write};
          std::size_t c = 0;
          for (; c + 2 * lanes <= channels_; c += 2 * lanes, product.b += 2 * lanes, product.c += 2 * lanes) {
            multiply_dense_rows<2>(d_.out_channels, product);
          }
          if (c < channels_) multiply_dense_rows<1>(d_.out_channels, product);
        }
      }
    });
    transform_sums(scratch, dw);
  }

 private:
  [[nodiscard]] std::size_t sums_size() const { return positions * d_.out_channels * channels_; }
  [[nodiscard]] std::size_t worker_size() const { return positions * (input_step_ + gradient_step_); }

  void transform_inputs(const Source& x, int tile, float* input) const {
    HWY_ALIGN float turned[tile_size][positions * lanes];
    for (int c = 0; c < static_cast<int>(channels_); c += tile_size) {
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
    const float* plane = x.values + c * d_.input.plane();
    V patch[patch_size][patch_size];
    if (x.norm == nullptr) {
      reader_.read(
          plane, tile, [](V value) HWY_ATTR { return value; }, patch);
    } else {
      reader_.read(plane, tile, Normalise(x.norm, d_.input.channels, c, x.slope), patch);
    }
    transform_patch(patch, to, lanes);
  }

  void transform_gradients(const Source& dy, int tile, float* to) const {
    for (int o = 0; o < d_.out_channels; ++o) {
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

  // dw[o][c] = G' u G with u the sum over the strips.
  void transform_sums(const float* sums, float* dw) const {
    pool_->run(d_.out_channels, [&](int o, int /*worker*/) HWY_ATTR {
      for (int c = 0; c < d_.input.channels; c += static_cast<int>(lanes)) {
        V rows[patch_size][3];
        for (int r = 0; r < patch_size; ++r) {
          for (int v = 0; v < 3; ++v) rows[r][v] = hn::Zero(D());
          for (int j = 0; j < patch_size; ++j) {
            const V u = sum_strips(sums, r * patch_size + j, o, c);
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
          for (int q = 0; q < 9; ++q) *to++ = values[q][i];
        }
      }
    });
  }

  HWY_INLINE V sum_strips(const float* sums, int position, int o, int c) const {
    const float* from = sums + (static_cast<std::size_t>(position) * d_.out_channels + o) * channels_ + c;
    V sum = load(from);
    for (int strip = 1; strip < strips_.count(); ++strip) sum = hn::Add(sum, load(from + strip * sums_size()));
    return sum;
  }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Tiles tiles_;
  PatchReader reader_;
  std::size_t channels_ = 0;  // of the input, rounded up to whole vectors
  Pieces strips_;             // of the groups
  std::size_t input_step_ = 0;
  std::size_t gradient_step_ = 0;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
