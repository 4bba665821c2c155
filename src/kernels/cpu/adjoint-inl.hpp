// SPDX-License-Identifier: Apache-2.0
// A convolution's backward-data pass, which is a transposed convolution's forward pass; compiled for each instruction
// set.
#if defined(DIPPER_CPU_ADJOINT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_ADJOINT_INL
#undef DIPPER_CPU_ADJOINT_INL
#else
#define DIPPER_CPU_ADJOINT_INL
#endif

#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/cpu/band-inl.hpp"
#include "kernels/cpu/correlate-inl.hpp"
#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/cpu/map-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// The adjoint of `d`, the convolution x -> y, with zero padding, for large maps: with stride s, the pixels of x whose
/// row and column leave the same rests modulo s take the same kernel positions, so each of these s * s phases is a
/// correlation of y with a part of the kernel.
class PhaseAdjoint final : public Map {
 public:
  PhaseAdjoint(const Conv2dDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), in_(desc.input), out_(desc.output()) {
    // Pixel s i + phase reads row i + (phase + padding - u) / s of y, whenever that is whole.
    const int s = d_.stride;
    int least = 0;
    int most = 0;
    for (int phase = 0; phase < s; ++phase) {
      for (int u = 0; u < d_.kernel; ++u) {
        if ((phase + d_.padding - u) % s != 0) continue;
        least = std::min(least, (phase + d_.padding - u) / s);
        most = std::max(most, (phase + d_.padding - u) / s);
      }
    }
    phase_rows_ = (in_.height + s - 1) / s;
    phase_columns_ = (in_.width + s - 1) / s;
    const Conv2dDesc reads{.input = out_, .out_channels = in_.channels, .kernel = most - least + 1, .padding = -least};
    band_ = Band(reads, band_rows(reads, phase_rows_, phase_columns_), phase_columns_);
    pieces_ = cut_channels(in_.channels, bands(), block_rows);
    phases_.resize(static_cast<std::size_t>(s) * s);
    for (int phase = 0; phase < s * s; ++phase) list_products(phase / s, phase % s, least, phases_[phase]);
  }

  [[nodiscard]] std::size_t scratch_size() const override { return pool_->size() * band_.size(); }

  void run(const Source& y, const float* w, const float* bias, float* x, Write write, float* scratch) const override {
    pool_->run(bands() * pieces_.count(), [&](int task, int worker) HWY_ATTR {
      const int first = task / pieces_.count() * band_.rows();
      const int piece = task % pieces_.count();
      float* band = scratch + worker * band_.size();
      band_.pack(y, first, 0, out_.channels, band);
      Blocks blocks;
      const VectorRows vectors{std::min(band_.rows(), phase_rows_ - first), phase_columns_};
      for (int group = 0; group < vectors.count(); group += block_vectors) {
        const int taken = std::min(block_vectors, vectors.count() - group);
        const float* from[block_vectors];
        for (int n = 0; n < block_vectors; ++n) {
          const int number = std::min(group + n, vectors.count() - 1);
          from[n] = band + band_.offset(vectors.row(number), vectors.column(number));
        }
        for (int c = pieces_.begin(piece); c < pieces_.end(piece); c += block_rows) {
          const int channels = std::min(block_rows, pieces_.end(piece) - c);
          for (int row_phase = 0; row_phase < d_.stride; ++row_phase) {
            block(row_phase, c, channels, taken, w, from, bias, blocks);
            for (int n = 0; n < taken; ++n) {
              const int row = (first + vectors.row(group + n)) * d_.stride + row_phase;
              if (row < in_.height) write_vector(n, c, channels, row, vectors.column(group + n), blocks, x, write);
            }
          }
        }
      }
      hwy::FlushStream();
    });
  }

 private:
  struct Phase {
    std::vector<int> weight_at;
    std::vector<int> band_at;
  };

  // One tile for each column phase; strides are 1 or 2.
  struct Blocks {
    HWY_ALIGN float phase[2][block_rows * block_width];
  };

  void list_products(int row_phase, int column_phase, int least, Phase& phase) const {
    const int s = d_.stride;
    const int area = d_.kernel * d_.kernel;
    for (int o = 0; o < out_.channels; ++o) {
      for (int u = 0; u < d_.kernel; ++u) {
        if ((row_phase + d_.padding - u) % s != 0) continue;
        for (int v = 0; v < d_.kernel; ++v) {
          if ((column_phase + d_.padding - v) % s != 0) continue;
          const int row = (row_phase + d_.padding - u) / s - least;
          const int column = (column_phase + d_.padding - v) / s - least;
          phase.weight_at.push_back(o * in_.channels * area + u * d_.kernel + v);
          phase.band_at.push_back(static_cast<int>(o * band_.channel_size() + row * band_.row_size()) + column);
        }
      }
    }
  }

  // One row phase of `channels` channels from c on.
  HWY_INLINE void block(int row_phase, int c, int channels, int vectors, const float* w, const float* const* from,
                        const float* bias, Blocks& blocks) const {
    const std::size_t area = static_cast<std::size_t>(d_.kernel) * d_.kernel;
    for (int column_phase = 0; column_phase < d_.stride; ++column_phase) {
      const Phase& phase = phases_[row_phase * d_.stride + column_phase];
      multiply_rows(
          channels, vectors,
          {w + c * area, area, phase.weight_at.data(), phase.band_at.data(), static_cast<int>(phase.weight_at.size())},
          from, bias == nullptr ? nullptr : bias + c, blocks.phase[column_phase]);
    }
  }

  // The column phases of one vector side by side: with stride 2, lane j of phase p becomes column 2 j + p.
  HWY_INLINE void write_vector(int n, int c, int channels, int row, int column, const Blocks& blocks, float* x,
                               Write write) const {
    const std::size_t at = static_cast<std::size_t>(row) * in_.width + static_cast<std::size_t>(column) * d_.stride;
    const std::size_t left = in_.width - static_cast<std::size_t>(column) * d_.stride;
    const bool streams = exceeds_caches(in_) && write == Write::overwrite && on_line(x);
    for (int k = 0; k < channels; ++k) {
      float* to = x + (c + k) * in_.plane() + at;
      const V even = load(blocks.phase[0] + k * block_width + n * lanes);
      if (d_.stride == 1 && streams) {
        hn::Stream(even, D(), to);
      } else if (d_.stride == 1) {
        put_part(even, to, left, write);
      } else {
        HWY_ALIGN float both[2 * lanes];
        hn::StoreInterleaved2(even, load(blocks.phase[1] + k * block_width + n * lanes), D(), both);
        put_part(load(both), to, left, write);
        if (left > lanes) put_part(load(both + lanes), to + lanes, left - lanes, write);
      }
    }
  }

  [[nodiscard]] int bands() const { return (phase_rows_ + band_.rows() - 1) / band_.rows(); }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape in_;
  Shape out_;
  int phase_rows_ = 0;
  int phase_columns_ = 0;
  Band band_;
  Pieces pieces_;
  std::vector<Phase> phases_;  // [row phase][column phase]
};

/// The same for maps narrower than a vector, and for any padding: the matrix product of the weights with y, row after
/// row of the kernel, whose results are then added up where the band of x would have been read (col2im).
class ColumnAdjoint final : public Map {
 public:
  ColumnAdjoint(const Conv2dDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), out_(desc.output()), band_(desc, out_.height, out_.width) {
    pieces_ = cut_channels(d_.input.channels, 1, 1);
    tile_rows_ = std::clamp(512 / out_.width, 1, out_.height);
    columns_ = (static_cast<std::size_t>(tile_rows_) * out_.width + block_width - 1) / block_width * block_width;
    for (int o = 0; o < out_.channels; ++o) {
      weight_at_.push_back(o * band_.depth());
      y_at_.push_back(static_cast<int>(o * columns_));
    }
  }

  [[nodiscard]] std::size_t scratch_size() const override { return pool_->size() * worker_size(); }

  void run(const Source& y, const float* w, const float* bias, float* x, Write write, float* scratch) const override {
    pool_->run(pieces_.count(), [&](int piece, int worker) HWY_ATTR {
      float* band = scratch + worker * worker_size();
      float* columns = band + band_.channel_size() * pieces_.size;
      float* values = columns + area() * columns_ * pieces_.size;
      const int begin = pieces_.begin(piece);
      const int channels = pieces_.end(piece) - begin;
      std::fill_n(band, channels * band_.channel_size(), 0.0F);
      for (int first = 0; first < out_.height; first += tile_rows_) {
        const int rows = std::min(tile_rows_, out_.height - first);
        pack_tile(first, rows, y, values);
        multiply_tile(begin, channels, rows, values, w, columns);
        add_columns(channels, first, rows, columns, band);
      }
      for (int c = 0; c < channels; ++c) {
        float* plane = x + (begin + c) * d_.input.plane();
        if (write == Write::overwrite) {
          std::fill_n(plane, d_.input.plane(), bias == nullptr ? 0.0F : bias[begin + c]);
        }
        fold(band + c * band_.channel_size(), plane);
      }
    });
  }

 private:
  [[nodiscard]] int area() const { return d_.kernel * d_.kernel; }
  [[nodiscard]] std::size_t worker_size() const {
    return pieces_.size * (band_.channel_size() + area() * columns_) + out_.channels * columns_;
  }

  // Some rows of y, each channel filled up to whole blocks: vectors read nothing that another thread may be writing.
  void pack_tile(int first, int rows, const Source& y, float* values) const {
    const std::size_t pixels = static_cast<std::size_t>(rows) * out_.width;
    for (int o = 0; o < out_.channels; ++o, values += columns_) {
      copy_pixels(y, out_, o, static_cast<std::size_t>(first) * out_.width, pixels, values);
      std::fill(values + pixels, values + columns_, 0.0F);
    }
  }

  // columns[k][pixel] for the products k = (channel, u, v) of some channels and the pixels of some rows of y.
  void multiply_tile(int begin, int channels, int rows, const float* values, const float* w, float* columns) const {
    const int products = channels * area();
    const std::size_t pixels = static_cast<std::size_t>(rows) * out_.width;
    for (std::size_t at = 0; at < pixels; at += block_width) {
      const int vectors = static_cast<int>((std::min(block_width, pixels - at) + lanes - 1) / lanes);
      const float* from[block_vectors];
      for (int n = 0; n < block_vectors; ++n) from[n] = values + at + n * lanes;
      for (int k = 0; k < products; k += block_rows) {
        HWY_ALIGN float tile[block_rows * block_width];
        const int part = std::min(block_rows, products - k);
        multiply_rows(
            part, vectors,
            {w + static_cast<std::size_t>(begin) * area() + k, 1, weight_at_.data(), y_at_.data(), out_.channels}, from,
            nullptr, tile);
        for (int row = 0; row < part; ++row) {
          std::memcpy(columns + (k + row) * columns_ + at, tile + row * block_width, vectors * lanes * sizeof(float));
        }
      }
    }
  }

  // Whole vectors, of which those past the end of a row add zeros to what follows in this thread's scratch memory.
  void add_columns(int channels, int first, int rows, const float* columns, float* band) const {
    for (int k = 0; k < channels * area(); ++k) {
      for (int r = 0; r < rows; ++r) {
        float* to = band + band_.at()[k] + band_.offset(first + r, 0);
        const float* from = columns + k * columns_ + static_cast<std::size_t>(r) * out_.width;
        for (std::size_t j = 0; j < static_cast<std::size_t>(out_.width); j += lanes) {
          const V values = hn::IfThenElseZero(hn::FirstN(D(), out_.width - j), load(from + j));
          store(hn::Add(load(to + j), values), to + j);
        }
      }
    }
  }

  // Adds a band over the whole picture to one channel of x: the padding's part goes to the pixels that it repeated.
  void fold(const float* band, float* plane) const {
    const int width = (out_.width - 1) * d_.stride + d_.kernel;
    for (int r = 0; r < band_.input_rows(); ++r) {
      const int row = padded_index(r - d_.padding, d_.input.height, d_.mode);
      if (row < 0) continue;
      float* to = plane + static_cast<std::size_t>(row) * d_.input.width;
      for (int phase = 0; phase < d_.stride; ++phase) {
        const float* from = band + (static_cast<std::size_t>(r) * d_.stride + phase) * band_.row_size();
        for (int column = phase; column < width; column += d_.stride, ++from) {
          int at = column - d_.padding;
          if (at < 0 || at >= d_.input.width) at = padded_index(at, d_.input.width, d_.mode);
          if (at >= 0) to[at] += *from;
        }
      }
    }
  }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape out_;
  Band band_;  // of the whole height
  Pieces pieces_;
  int tile_rows_ = 1;
  std::size_t columns_ = 0;
  std::vector<int> weight_at_;
  std::vector<int> y_at_;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
