// SPDX-License-Identifier: Apache-2.0
// A convolution's backward-weights pass; compiled once for each instruction set.
#if defined(DIPPER_CPU_WEIGHT_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_WEIGHT_GRADIENT_INL
#undef DIPPER_CPU_WEIGHT_GRADIENT_INL
#else
#define DIPPER_CPU_WEIGHT_GRADIENT_INL
#endif

#include <memory>
#include <numeric>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/cpu/band-inl.hpp"
#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// Overwrites dw[o][c][u][v] with the sum over the pixels (i, j) of dy[o][i][j] times what product (c, u, v) of that
/// pixel reads from x.
class WeightGradientForm {
 public:
  WeightGradientForm() = default;
  virtual ~WeightGradientForm() = default;
  WeightGradientForm(const WeightGradientForm&) = delete;
  WeightGradientForm& operator=(const WeightGradientForm&) = delete;
  [[nodiscard]] virtual std::size_t scratch_size() const = 0;
  virtual void run(const Source& x, const Source& dy, float* dw, float* scratch) const = 0;
};

/// For large maps of few channels: vectors run along the rows of a band, each weight's sum is one register, and the
/// bands' sums are added in their order at the end.
class RowWeightGradient final : public WeightGradientForm {
 public:
  static constexpr int products = many_registers ? 5 : 2;  // kernel positions whose sums are in registers at once

  RowWeightGradient(const Conv2dDesc& desc, ThreadPool& pool) : d_(desc), pool_(&pool), out_(desc.output()) {
    band_ = Band(d_, band_rows(d_, out_.height, out_.width), out_.width);
    dy_row_ = (static_cast<std::size_t>(out_.width) + lanes - 1) / lanes * lanes;
    for (int k = 0; k < band_.depth() + products; ++k) at_.push_back(band_.at()[std::min(k, band_.depth() - 1)]);
  }

  [[nodiscard]] std::size_t scratch_size() const override { return bands() * sums() + pool_->size() * worker_size(); }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    float* workers = scratch + bands() * sums();
    pool_->run(bands(), [&](int task, int worker) HWY_ATTR {
      const int first = task * band_.rows();
      const int rows = std::min(band_.rows(), out_.height - first);
      float* band = workers + worker * worker_size();
      float* gradient = band + band_.size();
      band_.pack(x, first, 0, d_.input.channels, band);
      pack_gradient(dy, first, rows, gradient);
      float* sum = scratch + task * sums();
      for (int k = 0; k < band_.depth(); k += products) {
        for (int o = 0; o < out_.channels; o += block_rows) {
          switch (std::min(block_rows, out_.channels - o)) {
            case 1:
              add_rows<1>(k, o, rows, band, gradient, sum);
              break;
            case 2:
              add_rows<2>(k, o, rows, band, gradient, sum);
              break;
            case 3:
              add_rows<3>(k, o, rows, band, gradient, sum);
              break;
            default:
              add_rows<block_rows>(k, o, rows, band, gradient, sum);
              break;
          }
        }
      }
    });
    const Pieces pieces{static_cast<int>(sums()), 4096};
    pool_->run(pieces.count(), [&](int piece, int /*worker*/) HWY_ATTR {
      const std::size_t end = pieces.end(piece);
      for (std::size_t i = pieces.begin(piece); i < end; i += lanes) {
        V sum = hn::Zero(D());
        for (int b = 0; b < bands(); ++b) sum = hn::Add(sum, load_part(scratch + b * sums() + i, end - i));
        store_part(sum, dw + i, end - i);
      }
    });
  }

 private:
  [[nodiscard]] int bands() const { return (out_.height + band_.rows() - 1) / band_.rows(); }
  [[nodiscard]] std::size_t sums() const { return static_cast<std::size_t>(out_.channels) * band_.depth(); }
  [[nodiscard]] std::size_t gradient_channel() const { return band_.rows() * dy_row_; }
  [[nodiscard]] std::size_t worker_size() const { return band_.size() + out_.channels * gradient_channel(); }

  // Rows of whole vectors, so that the last one adds zeros where the picture has ended.
  void pack_gradient(const Source& dy, int first, int rows, float* to) const {
    for (int o = 0; o < out_.channels; ++o) {
      for (int r = 0; r < rows; ++r) {
        float* row = to + o * gradient_channel() + r * dy_row_;
        copy_pixels(dy, out_, o, static_cast<std::size_t>(first + r) * out_.width, out_.width, row);
        std::fill(row + out_.width, row + dy_row_, 0.0F);
      }
    }
  }

  template <int Rows>
  HWY_NOINLINE void add_rows(int k, int o, int rows, const float* band, const float* gradient, float* to) const {
    V sum[Rows][products];
    for (int row = 0; row < Rows; ++row) {
      for (int p = 0; p < products; ++p) sum[row][p] = hn::Zero(D());
    }
    const float* from[products];
    for (int p = 0; p < products; ++p) from[p] = band + at_[k + p];
    const float* dy = gradient + o * gradient_channel();
    for (int r = 0; r < rows; ++r) {
      const std::size_t at = band_.offset(r, 0);
      for (std::size_t j = 0; j < dy_row_; j += lanes) {
        V factor[Rows];
        for (int row = 0; row < Rows; ++row) factor[row] = load(dy + row * gradient_channel() + r * dy_row_ + j);
        for (int p = 0; p < products; ++p) {
          const V value = load(from[p] + at + j);
          for (int row = 0; row < Rows; ++row) sum[row][p] = hn::MulAdd(factor[row], value, sum[row][p]);
        }
      }
    }
    for (int row = 0; row < Rows; ++row) {
      for (int p = 0; p < products && k + p < band_.depth(); ++p) {
        to[static_cast<std::size_t>(o + row) * band_.depth() + k + p] = sum_lanes(sum[row][p]);
      }
    }
  }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape out_;
  Band band_;
  std::size_t dy_row_ = 0;
  std::vector<int> at_;  // the band's offsets, the last one repeated to a whole register block
};

/// For small maps of many channels: vectors run along the weights, and the pixels of x are first spread out as rows of
/// what their products read (im2col, pixel-major).
class PixelWeightGradient final : public WeightGradientForm {
 public:
  PixelWeightGradient(const Conv2dDesc& desc, ThreadPool& pool) : d_(desc), pool_(&pool), out_(desc.output()) {
    const int area = d_.kernel * d_.kernel;
    channels_ = {d_.input.channels, best_channels(area)};
    outputs_ = cut_channels(out_.channels, channels_.count(), block_rows);
    rows_ = std::min(out_.height, (63 + out_.width) / out_.width);
    // Columns that lie side by side are read together here, so the band is that of stride 1.
    Conv2dDesc dense = d_;
    dense.stride = 1;
    band_ = Band(dense, (rows_ - 1) * d_.stride + 1, (out_.width - 1) * d_.stride + 1);
    pixel_ = (static_cast<std::size_t>(channels_.size) * area + block_width - 1) / block_width * block_width + lanes;
    for (int p = 0; p < rows_ * out_.width; ++p) {
      gradient_at_.push_back(p);
      pixel_at_.push_back(static_cast<int>(p * pixel_));
    }
  }

  [[nodiscard]] std::size_t scratch_size() const override { return pool_->size() * worker_size(); }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    pool_->run(channels_.count() * outputs_.count(), [&](int task, int worker) HWY_ATTR {
      const int piece = task / outputs_.count();
      float* band = scratch + worker * worker_size();
      float* pixels = band + band_.channel_size() * channels_.size + lanes;
      float* gradient = pixels + pixel_ * rows_ * out_.width;
      for (int first = 0; first < out_.height; first += rows_) {
        const int rows = std::min(rows_, out_.height - first);
        pack_band(x, first, piece, band);
        spread(rows, piece, band, pixels);
        const int output_piece = task % outputs_.count();
        if (dy.norm == nullptr) {
          const std::size_t at = outputs_.begin(output_piece) * out_.plane() + first * out_.width;
          multiply_tile(first, rows, piece, output_piece, dy.values + at, out_.plane(), pixels, dw);
        } else {
          pack_gradient(dy, first, rows, output_piece, gradient);
          multiply_tile(first, rows, piece, output_piece, gradient, rows_ * out_.width, pixels, dw);
        }
      }
    });
  }

 private:
  // The channels of one task: few enough for many tasks, and their products nearly a multiple of the block's width.
  static int best_channels(int area) {
    int best = 1;
    const auto filled = [area](int channels) {
      const std::size_t width = static_cast<std::size_t>(channels) * area;
      const std::size_t blocks = (width + block_width - 1) / block_width;
      return static_cast<double>(width) / static_cast<double>(blocks * block_width);
    };
    for (int channels = 2; channels <= 16; ++channels) {
      if (filled(channels) > filled(best) + 0.01) best = channels;
    }
    return best;
  }

  [[nodiscard]] std::size_t worker_size() const {
    const std::size_t pixels = static_cast<std::size_t>(rows_) * out_.width;
    return band_.channel_size() * channels_.size + lanes + (pixel_ + outputs_.size) * pixels;
  }

  // The band of stride 1 counts rows of the picture, so its first one is that of output row first * stride.
  void pack_band(const Source& x, int first, int piece, float* band) const {
    band_.pack(x, first * d_.stride, channels_.begin(piece), channels_.end(piece), band);
  }

  void pack_gradient(const Source& dy, int first, int rows, int output_piece, float* to) const {
    for (int o = outputs_.begin(output_piece); o < outputs_.end(output_piece); ++o, to += rows_ * out_.width) {
      copy_pixels(dy, out_, o, static_cast<std::size_t>(first) * out_.width, rows * out_.width, to);
    }
  }

  void spread(int rows, int piece, const float* band, float* pixels) const {
    const int runs = (channels_.end(piece) - channels_.begin(piece)) * d_.kernel;  // of `kernel` floats each
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < out_.width; ++j) {
        const float* from = band + band_.offset(i * d_.stride, static_cast<std::size_t>(j) * d_.stride);
        float* to = pixels + static_cast<std::size_t>(i * out_.width + j) * pixel_;
        // A vector's overhang is overwritten by the next run; the last one's falls into the pixel's spare floats.
        for (int run = 0; run < runs; ++run) {
          const float* row = from + band_.at()[run * d_.kernel];
          for (int v = 0; v < d_.kernel; v += static_cast<int>(lanes)) store(load(row + v), to + run * d_.kernel + v);
        }
      }
    }
  }

  // dy: the tile's pixels of the first output of the piece; `dy_row` is from one output to the next.
  void multiply_tile(int first, int rows, int piece, int output_piece, const float* dy, std::size_t dy_row,
                     const float* pixels, float* dw) const {
    const int area = d_.kernel * d_.kernel;
    const std::size_t width = static_cast<std::size_t>(channels_.end(piece) - channels_.begin(piece)) * area;
    const std::size_t weights = static_cast<std::size_t>(d_.input.channels) * area;
    const Write write = first == 0 ? Write::overwrite : Write::accumulate;
    for (std::size_t at = 0; at < width; at += block_width) {
      const float* from[block_vectors];
      for (int n = 0; n < block_vectors; ++n) from[n] = pixels + at + n * lanes;
      for (int o = outputs_.begin(output_piece); o < outputs_.end(output_piece); o += block_rows) {
        const int outputs = std::min(block_rows, outputs_.end(output_piece) - o);
        HWY_ALIGN float tile[block_rows * block_width];
        multiply_rows(outputs,
                      {dy + (o - outputs_.begin(output_piece)) * dy_row, dy_row, gradient_at_.data(), pixel_at_.data(),
                       rows * out_.width},
                      from, nullptr, tile);
        for (int row = 0; row < outputs; ++row) {
          float* to = dw + (o + row) * weights + static_cast<std::size_t>(channels_.begin(piece)) * area + at;
          for (std::size_t n = 0; n < block_width && at + n < width; n += lanes) {
            put_part(load(tile + row * block_width + n), to + n, width - at - n, write);
          }
        }
      }
    }
  }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape out_;
  Pieces channels_;  // of the input
  Pieces outputs_;
  int rows_ = 1;  // of a tile: about 64 pixels
  Band band_;
  std::size_t pixel_ = 0;  // floats of one pixel, spare ones included
  std::vector<int> gradient_at_;
  std::vector<int> pixel_at_;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
