// SPDX-License-Identifier: Apache-2.0
// What reflection adds to a convolution's backward-data pass; compiled once for each instruction set.
#if defined(DIPPER_CPU_BORDER_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_BORDER_INL
#undef DIPPER_CPU_BORDER_INL
#else
#define DIPPER_CPU_BORDER_INL
#endif

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/cpu/map-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// The adjoint of a convolution with reflection: that of one with zero padding, and then, for the few pixels at the
/// border, the gradients that reached padding and belong to the pixels that it repeats. `d` is the convolution x -> y.
class ReflectedAdjoint final : public Map {
 public:
  /// `inner`: the adjoint of the same convolution with zero padding.
  ReflectedAdjoint(const Conv2dDesc& desc, std::unique_ptr<Map> inner, ThreadPool& pool)
      : d_(desc), inner_(std::move(inner)), pool_(&pool), in_(desc.input), out_(desc.output()) {
    rows_ = list_taps(in_.height, out_.height);
    columns_ = list_taps(in_.width, out_.width);
    row_ = round_up(out_.width);
    column_ = round_up(out_.height);
    padded_ = round_up(std::max(in_.width, in_.height) + 2 * d_.padding + d_.kernel);
    for (int o = 0; o < out_.channels; ++o) {
      weight_at_.push_back(o * in_.channels * d_.kernel * d_.kernel);
      row_at_.push_back(static_cast<int>(o * row_));
      column_at_.push_back(static_cast<int>(o * column_));
    }
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return std::max(inner_->scratch_size(), lines_size() + pool_->size() * worker_size());
  }

  void run(const Source& y, const float* w, const float* bias, float* x, Write write, float* scratch) const override {
    inner_->run(y, w, bias, x, write, scratch);
    pack_lines(y, scratch);
    const Pieces blocks{in_.channels, block_rows};
    pool_->run(blocks.count(), [&](int block, int worker) HWY_ATTR {
      float* sums = scratch + lines_size() + worker * worker_size();
      const int c = blocks.begin(block);
      add_rows(c, blocks.size_of(block), w, scratch, x, sums);
      add_columns(c, blocks.size_of(block), w, scratch + rows_.lines.size() * out_.channels * row_, x, sums);
    });
  }

 private:
  /// Line `line` of y sends kernel line `k` to padding, which repeats line `target` of x.
  struct Tap {
    int line, k, target;
  };
  struct Taps {
    std::vector<Tap> all;
    std::vector<int> lines;  // the lines of y that they name, each once
    [[nodiscard]] std::size_t place(int line) const { return std::ranges::find(lines, line) - lines.begin(); }
  };

  [[nodiscard]] static std::size_t round_up(int n) { return (n + block_width - 1) / block_width * block_width; }

  // Along one axis of n lines of x and `outputs` of y.
  [[nodiscard]] Taps list_taps(int n, int outputs) const {
    Taps taps;
    for (int line = 0; line < outputs; ++line) {
      for (int k = 0; k < d_.kernel; ++k) {
        const int at = line * d_.stride + k - d_.padding;
        if (at >= 0 && at < n) continue;
        taps.all.push_back({line, k, padded_index(at, n, Padding::reflect)});
        if (taps.lines.empty() || taps.lines.back() != line) taps.lines.push_back(line);
      }
    }
    return taps;
  }

  [[nodiscard]] std::size_t lines_size() const {
    return out_.channels * (rows_.lines.size() * row_ + columns_.lines.size() * column_);
  }
  [[nodiscard]] std::size_t worker_size() const { return block_rows * padded_; }

  // [line][channel][element], rows first, filled up to whole blocks.
  void pack_lines(const Source& y, float* to) const {
    pool_->run(out_.channels, [&](int o, int /*worker*/) HWY_ATTR {
      const float* plane = y.values + o * out_.plane();
      for (std::size_t n = 0; n < rows_.lines.size(); ++n) {
        float* line = to + (n * out_.channels + o) * row_;
        std::copy_n(plane + static_cast<std::size_t>(rows_.lines[n]) * out_.width, out_.width, line);
        std::fill(line + out_.width, line + row_, 0.0F);
      }
      float* columns = to + rows_.lines.size() * out_.channels * row_;
      for (std::size_t n = 0; n < columns_.lines.size(); ++n) {
        float* line = columns + (n * out_.channels + o) * column_;
        for (int i = 0; i < out_.height; ++i) {
          line[i] = plane[static_cast<std::size_t>(i) * out_.width + columns_.lines[n]];
        }
        std::fill(line + out_.height, line + column_, 0.0F);
      }
    });
  }

  // What channels c, c + 1, ... get from rows of padding, in all columns.
  void add_rows(int c, int channels, const float* w, const float* lines, float* x, float* sums) const {
    for (const Tap& tap : rows_.all) {
      std::fill_n(sums, block_rows * padded_, 0.0F);
      const float* line = lines + rows_.place(tap.line) * out_.channels * row_;
      for (int v = 0; v < d_.kernel; ++v) {
        for_each_sum(c, channels, w + tap.k * d_.kernel + v, line, row_at_, out_.width,
                     [&](int k, int j, float value) { sums[k * padded_ + j * d_.stride + v] += value; });
      }
      for (int k = 0; k < channels; ++k) {
        float* row = x + (c + k) * in_.plane() + static_cast<std::size_t>(tap.target) * in_.width;
        for (int at = 0; at < (out_.width - 1) * d_.stride + d_.kernel; ++at) {
          row[padded_index(at - d_.padding, in_.width, Padding::reflect)] += sums[k * padded_ + at];
        }
      }
    }
  }

  // What they get from columns of padding, in the rows of the picture.
  void add_columns(int c, int channels, const float* w, const float* lines, float* x, float* sums) const {
    for (const Tap& tap : columns_.all) {
      std::fill_n(sums, block_rows * padded_, 0.0F);
      const float* line = lines + columns_.place(tap.line) * out_.channels * column_;
      for (int u = 0; u < d_.kernel; ++u) {
        for_each_sum(c, channels, w + u * d_.kernel + tap.k, line, column_at_, out_.height,
                     [&](int k, int i, float value) { sums[k * padded_ + i * d_.stride + u] += value; });
      }
      for (int k = 0; k < channels; ++k) {
        float* column = x + (c + k) * in_.plane() + tap.target;
        const int end = std::min((out_.height - 1) * d_.stride + d_.kernel - d_.padding, in_.height);
        for (int row = 0; row < end; ++row) {
          column[static_cast<std::size_t>(row) * in_.width] += sums[k * padded_ + row + d_.padding];
        }
      }
    }
  }

  // add(k, i, sum over the channels of y of weight times element i of their lines), for channel c + k of x.
  template <class Add>
  HWY_INLINE void for_each_sum(int c, int channels, const float* w, const float* line, const std::vector<int>& line_at,
                               int elements, const Add& add) const {
    const std::size_t area = static_cast<std::size_t>(d_.kernel) * d_.kernel;
    for (int at = 0; at < elements; at += static_cast<int>(block_width)) {
      const float* from[block_vectors];
      for (int n = 0; n < block_vectors; ++n) from[n] = line + at + n * lanes;
      HWY_ALIGN float tile[block_rows * block_width];
      multiply_rows(channels, block_vectors, {w + c * area, area, weight_at_.data(), line_at.data(), out_.channels},
                    from, nullptr, tile);
      for (int k = 0; k < channels; ++k) {
        for (int i = at; i < std::min(elements, at + static_cast<int>(block_width)); ++i) {
          add(k, i, tile[k * block_width + i - at]);
        }
      }
    }
  }

  Conv2dDesc d_;
  std::unique_ptr<Map> inner_;
  ThreadPool* pool_;
  Shape in_;
  Shape out_;
  Taps rows_;
  Taps columns_;
  std::size_t row_ = 0;     // floats of a packed row of y
  std::size_t column_ = 0;  // of a packed column
  std::size_t padded_ = 0;  // of a line of x with its padding
  std::vector<int> weight_at_;
  std::vector<int> row_at_;
  std::vector<int> column_at_;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
