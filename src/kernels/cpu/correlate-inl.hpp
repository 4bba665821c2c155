// SPDX-License-Identifier: Apache-2.0
// A convolution's forward pass; compiled once for each instruction set.
#if defined(DIPPER_CPU_CORRELATE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_CORRELATE_INL
#undef DIPPER_CPU_CORRELATE_INL
#else
#define DIPPER_CPU_CORRELATE_INL
#endif

#include <numeric>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/cpu/band-inl.hpp"
#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/cpu/map-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// The vectors of `rows` output rows of `width` columns, numbered row after row.
struct VectorRows {
  int rows = 0;
  int width = 0;

  [[nodiscard]] int per_row() const { return static_cast<int>(vectors_of(width)); }
  [[nodiscard]] int count() const { return rows * per_row(); }
  [[nodiscard]] int row(int number) const { return number / per_row(); }
  [[nodiscard]] int column(int number) const { return number % per_row() * static_cast<int>(lanes); }
  [[nodiscard]] std::size_t valid(int number) const {
    return std::min(lanes, static_cast<std::size_t>(width - column(number)));
  }
};

/// y = bias + x correlated with w, for the desc's shapes. Large maps read bands of rows in place; maps narrower than a
/// vector are first spread out as columns (im2col), pixel after pixel.
class Correlate final : public Map {
 public:
  /// `wide`: read bands in place.
  Correlate(const Conv2dDesc& desc, bool wide, ThreadPool& pool)
      : d_(desc), pool_(&pool), out_(desc.output()), wide_(wide) {
    if (wide_) {
      band_ = Band(d_, band_rows(d_, out_.height, out_.width), out_.width);
      pieces_ = cut_channels(out_.channels, bands(), block_rows);
    } else {
      band_ = Band(d_, std::clamp(1024 / out_.width, 1, out_.height), out_.width);
      const std::size_t pixels = static_cast<std::size_t>(band_.rows()) * out_.width;
      column_ = (pixels + block_width - 1) / block_width * block_width + lanes;
      pieces_ = cut_channels(out_.channels, static_cast<int>(column_ / block_width), block_rows);
      column_at_.resize(band_.depth());
      for (std::size_t k = 0; k < column_at_.size(); ++k) column_at_[k] = static_cast<int>(k * column_);
    }
    weight_at_.resize(band_.depth());
    std::iota(weight_at_.begin(), weight_at_.end(), 0);
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    const std::size_t columns = wide_ ? 0 : column_ * band_.depth();
    return columns + pool_->size() * worker_size();
  }

  void run(const Source& x, const float* w, const float* bias, float* y, Write write, float* scratch) const override {
    if (wide_) {
      run_wide(x, w, bias, y, write, scratch);
    } else {
      for (int first = 0; first < out_.height; first += band_.rows()) run_narrow(first, x, w, bias, y, write, scratch);
    }
  }

 private:
  [[nodiscard]] int bands() const { return (out_.height + band_.rows() - 1) / band_.rows(); }
  [[nodiscard]] std::size_t worker_size() const { return wide_ ? band_.size() : band_.channel_size() + lanes; }

  void run_wide(const Source& x, const float* w, const float* bias, float* y, Write write, float* scratch) const {
    pool_->run(bands() * pieces_.count(), [&](int task, int worker) HWY_ATTR {
      const int first = task / pieces_.count() * band_.rows();
      const int piece = task % pieces_.count();
      float* band = scratch + worker * worker_size();
      band_.pack(x, first, 0, d_.input.channels, band);
      const VectorRows vectors{std::min(band_.rows(), out_.height - first), out_.width};
      for (int group = 0; group < vectors.count(); group += block_vectors) {
        const float* from[block_vectors];
        float* to[block_vectors];
        std::size_t valid[block_vectors];
        for (int n = 0; n < block_vectors; ++n) {
          const int number = std::min(group + n, vectors.count() - 1);
          from[n] = band + band_.offset(vectors.row(number), vectors.column(number));
          to[n] = y + static_cast<std::size_t>(first + vectors.row(number)) * out_.width + vectors.column(number);
          valid[n] = group + n < vectors.count() ? vectors.valid(number) : 0;
        }
        block(piece, {w, d_weights(), weight_at_.data(), band_.at(), band_.depth()}, from, bias, to, valid, write);
      }
      hwy::FlushStream();
    });
  }

  void run_narrow(int first, const Source& x, const float* w, const float* bias, float* y, Write write,
                  float* scratch) const {
    float* columns = scratch;
    float* bands_at = scratch + column_ * band_.depth();
    const int rows = std::min(band_.rows(), out_.height - first);
    pool_->run(d_.input.channels, [&](int channel, int worker) HWY_ATTR {
      float* band = bands_at + worker * worker_size();
      band_.pack(x, first, channel, channel + 1, band);
      const int area = d_.kernel * d_.kernel;
      for (int k = 0; k < area; ++k) {
        float* column = columns + (static_cast<std::size_t>(channel) * area + k) * column_;
        // A vector's overhang is overwritten by the next row; the last one's falls into the column's spare floats.
        for (int r = 0; r < rows; ++r) {
          for (int j = 0; j < out_.width; j += static_cast<int>(lanes)) {
            store(load(band + band_.at()[k] + band_.offset(r, j)),
                  column + static_cast<std::size_t>(r) * out_.width + j);
          }
        }
      }
    });
    const int pixels = rows * out_.width;
    const int groups = (pixels + static_cast<int>(block_width) - 1) / static_cast<int>(block_width);
    pool_->run(groups * pieces_.count(), [&](int task, int /*worker*/) HWY_ATTR {
      const std::size_t begin = static_cast<std::size_t>(task / pieces_.count()) * block_width;
      const float* from[block_vectors];
      float* to[block_vectors];
      std::size_t valid[block_vectors];
      for (int n = 0; n < block_vectors; ++n) {
        const std::size_t at = begin + n * lanes;
        from[n] = columns + at;
        to[n] = y + static_cast<std::size_t>(first) * out_.width + at;
        valid[n] = at < static_cast<std::size_t>(pixels) ? std::min(lanes, pixels - at) : 0;
      }
      block(task % pieces_.count(), {w, d_weights(), weight_at_.data(), column_at_.data(), band_.depth()}, from, bias,
            to, valid, write);
      hwy::FlushStream();
    });
  }

  /// All output channels of a piece for one group of vectors.
  HWY_INLINE void block(int piece, Product product, const float* const* from, const float* bias, float* const* to,
                        const std::size_t* valid, Write write) const {
    HWY_ALIGN float tile[block_rows * block_width];
    const bool streams = exceeds_caches(out_) && write == Write::overwrite && on_line(to[0]);
    int vectors = 0;
    while (vectors < block_vectors && valid[vectors] > 0) ++vectors;
    for (int o = pieces_.begin(piece); o < pieces_.end(piece); o += block_rows) {
      const int rows = std::min(block_rows, pieces_.end(piece) - o);
      Product part = product;
      part.a += o * d_weights();
      multiply_rows(rows, vectors, part, from, bias == nullptr ? nullptr : bias + o, tile);
      for (int row = 0; row < rows; ++row) {
        for (int n = 0; n < vectors; ++n) {
          if (streams) {
            hn::Stream(load(tile + row * block_width + n * lanes), D(), to[n] + (o + row) * out_.plane());
            continue;
          }
          put_part(load(tile + row * block_width + n * lanes), to[n] + (o + row) * out_.plane(), valid[n], write);
        }
      }
    }
  }

  [[nodiscard]] std::size_t d_weights() const { return static_cast<std::size_t>(band_.depth()); }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape out_;
  bool wide_;
  Band band_;
  Pieces pieces_;
  std::vector<int> weight_at_;
  std::size_t column_ = 0;  // floats of one column, spare ones included
  std::vector<int> column_at_;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
