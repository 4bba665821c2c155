// SPDX-License-Identifier: Apache-2.0
// Filters with any kernel; compiled once for each instruction set.
#if defined(DIPPER_CPU_FILTER_DIRECT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_FILTER_DIRECT_INL
#undef DIPPER_CPU_FILTER_DIRECT_INL
#else
#define DIPPER_CPU_FILTER_DIRECT_INL
#endif

#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/cpu/filter_row-inl.hpp"
#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A correlation of one channel. A few rows of outputs that lie one below the other are computed together, as if they
/// were channels: then each vector that is loaded serves several of them. A position that is read for none of them (a
/// zero of the kernel) costs nothing.
class Stencil {
 public:
  /// A weight of the kernel, and where output 0 of a row meets it: row and float of the band.
  struct Weight {
    int row;
    std::size_t column;
    float value;
  };

  /// Rows of outputs begin `step` rows of the band apart; those are `band_row` floats long.
  Stencil(const std::vector<Weight>& weights, int step, std::size_t band_row) {
    double best = std::numeric_limits<double>::infinity();
    int last = 0;  // row of the band that output row 0 reads
    for (const Weight& weight : weights) last = std::max(last, weight.row);
    for (const int rows : {1, 2, 4, block_rows}) {
      std::map<std::pair<int, std::size_t>, std::vector<float>> found;  // by position, the weights for each row
      for (const Weight& weight : weights) {
        for (int row = 0; row < rows; ++row) {
          auto& column = found[{weight.row + row * step, weight.column}];
          column.resize(rows);
          column[row] = weight.value;
        }
      }
      // Multiply-adds and loads in turn: loads across lines of the cache limit few rows, multiply-adds many.
      const double cost = static_cast<double>(found.size()) * (1 + 1.0 / rows);
      if (cost >= best) continue;
      best = cost;
      rows_ = rows;
      factors_.clear();
      factor_at_.clear();
      at_.clear();
      depth_.assign(rows, 0);
      for (const auto& [position, column] : found) {
        factor_at_.push_back(static_cast<int>(factors_.size()));
        factors_.insert(factors_.end(), column.begin(), column.end());
        at_.push_back(static_cast<int>(position.first * band_row + position.second));
        for (int row = 0; row < rows; ++row) {
          if (position.first <= row * step + last) depth_[row] = static_cast<int>(at_.size());
        }
      }
    }
    step_ = step * band_row;
  }

  /// to[row * to_row + j] for `rows` rows (at most block_rows) of `count` outputs, in whole vectors.
  void run(const float* band, int rows, std::size_t count, float* to, std::size_t to_row) const {
    HWY_ALIGN float tile[block_rows * block_width];
    for (int row = 0; row < rows; row += rows_, band += rows_ * step_, to += rows_ * to_row) {
      const int together = std::min(rows_, rows - row);
      const int depth = depth_[together - 1];
      for (std::size_t j = 0; j < count; j += block_width) {
        const int vectors = std::min(block_vectors, static_cast<int>((count - j + lanes - 1) / lanes));
        const float* from[block_vectors];
        for (int n = 0; n < block_vectors; ++n) from[n] = band + j + std::min(n, vectors - 1) * lanes;
        multiply_rows(together, vectors, {factors_.data(), 1, factor_at_.data(), at_.data(), depth}, from, nullptr,
                      tile);
        for (int r = 0; r < together; ++r) {
          for (int n = 0; n < vectors; ++n) {
            store(load(tile + r * block_width + n * lanes), to + r * to_row + j + n * lanes);
          }
        }
      }
    }
  }

 private:
  int rows_ = 1;                // that are computed together
  std::size_t step_ = 0;        // floats from one to the next
  std::vector<float> factors_;  // [position][row]
  std::vector<int> factor_at_;
  std::vector<int> at_;
  std::vector<int> depth_;  // positions that the first row reads, the first two, ...: only those lie in the band
};

/// Forward reads bands of extended rows. Backward does the same with dy, between zeros, and gives rows and columns of
/// the window with its edges repeated; what belongs to repeated rows waits in scratch memory for the edge's row.
class DirectFilter final : public Layer<float> {
 public:
  DirectFilter(const FilterDesc& desc, ThreadPool& pool)
      : d_(desc),
        pool_(&pool),
        out_(desc.output()),
        row_(desc),
        taps_((desc.kernel.rows + desc.stride - 1) / desc.stride) {
    length_ = (d_.out_height - 1) * d_.stride + d_.kernel.rows;
    first_ = std::clamp(d_.first_row, 1 - length_, d_.window.height - 1);
    above_ = std::max(0, -first_);
    below_ = std::max(0, first_ + length_ - d_.window.height);
    const auto rows_for = [&](int height) { return std::clamp(height * d_.input.channels / 64 * 8, 8, 32); };
    out_pieces_ = {d_.out_height, rows_for(d_.out_height)};
    in_pieces_ = {d_.out_height + taps_ - 1, rows_for(d_.out_height)};
    dy_row_ = row_.phase_size() + row_.taps();
    prepare_stencils();
  }

  [[nodiscard]] Choice choice(Pass pass) const override {
    return {.kernel = pass == Pass::backward_parameters ? "" : "direct"};
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return repeated_at(d_.input.channels, 0) + pool_->size() * worker_size();
  }

  void forward(const Operands<float>& at) override {
    pool_->run(d_.input.channels * out_pieces_.count(), [&](int task, int worker) HWY_ATTR {
      const int c = task % d_.input.channels;
      const int begin = out_pieces_.begin(task / d_.input.channels);
      const int end = out_pieces_.end(task / d_.input.channels);
      float* const row = worker_scratch(at, worker);
      float* const result = row + row_.size();
      float* const band = result + block_rows * row_.size();
      pack_input(at.x[0] + c * d_.input.plane(), begin * d_.stride, (end - begin - 1) * d_.stride + d_.kernel.rows, row,
                 band);
      const auto width = static_cast<std::size_t>(out_.width);
      for (int i = begin; i < end; i += block_rows) {
        const int rows = std::min(block_rows, end - i);
        stencil_.front().run(band + (i - begin) * d_.stride * row_.size(), rows, width, result, row_.size());
        for (int r = 0; r < rows; ++r) {
          float* const y = at.y + c * out_.plane() + (i + r) * width;
          for (std::size_t j = 0; j < width; j += lanes) {
            store_part(load(result + r * row_.size() + j), y + j, width - j);
          }
        }
      }
    });
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    pool_->run(d_.input.channels * in_pieces_.count(), [&](int task, int worker) HWY_ATTR {
      const int c = task % d_.input.channels;
      const int begin = in_pieces_.begin(task / d_.input.channels);
      const int end = in_pieces_.end(task / d_.input.channels);
      float* const band = worker_scratch(at, worker) + (1 + block_rows) * row_.size();
      pack_gradient(gradients.dy + c * out_.plane(), begin - taps_ + 1, end - begin + taps_ - 1, band);
      for (int m = begin; m < end; m += block_rows) {
        for (int phase = 0; phase < d_.stride; ++phase) {
          send_back(at, dx, c, m, std::min(block_rows, end - m), phase, band + (m - begin) * dy_row_, worker);
        }
      }
      hwy::FlushStream();
    });
    pool_->run(d_.input.channels, [&](int c, int /*worker*/) HWY_ATTR { finish(at, dx, c); });
  }

 private:
  // Rows m, m + 1, ... of one phase of rows: to dx, or to scratch memory where they repeat an edge.
  void send_back(const Operands<float>& at, const GradientTarget<float>& dx, int c, int m, int rows, int phase,
                 const float* band, int worker) const {
    float* const row = worker_scratch(at, worker);
    float* const phases = row + row_.size();
    for (int column = 0; column < d_.stride; ++column) {
      stencil_[1 + phase * d_.stride + column].run(band, rows, row_.phase_length(), phases + column * row_.phase_size(),
                                                   row_.size());
    }
    for (int r = 0; r < rows; ++r) {
      const int k = (m + r) * d_.stride + phase;
      if (k >= length_) continue;
      float* const joined = row_.join(phases + r * row_.size(), row);
      row_.fold(joined);
      const int i = first_ + k;
      if (i >= 0 && i < d_.window.height) {
        row_.write(joined, input_row(dx.data, c, d_.window.top + i), dx.write);
      } else {
        const int n = i < 0 ? k : above_ + i - d_.window.height;
        row_.write(joined, at.scratch + repeated_at(c, n), Write::overwrite);
      }
    }
  }

  // The edges' rows get what the repeated ones were due; rows that nothing reads get 0.
  void finish(const Operands<float>& at, const GradientTarget<float>& dx, int c) const {
    const auto width = static_cast<std::size_t>(d_.input.width);
    for (int n = 0; n < above_ + below_; ++n) {
      const float* from = at.scratch + repeated_at(c, n);
      float* const to = input_row(dx.data, c, d_.window.top + (n < above_ ? 0 : d_.window.height - 1));
      for (std::size_t j = 0; j < width; j += lanes) {
        put_part(load_part(from + j, width - j), to + j, width - j, Write::accumulate);
      }
    }
    if (dx.write == Write::accumulate) return;
    const int begin = d_.window.top + std::max(first_, 0);
    const int end = d_.window.top + std::min(first_ + length_, d_.window.height);
    std::fill(input_row(dx.data, c, 0), input_row(dx.data, c, begin), 0.0F);
    std::fill(input_row(dx.data, c, end), input_row(dx.data, c, d_.input.height), 0.0F);
  }

  void prepare_stencils() {
    const FilterKernel& kernel = d_.kernel;
    std::vector<std::vector<Stencil::Weight>> weights(1 + static_cast<std::size_t>(d_.stride) * d_.stride);
    for (int u = 0; u < kernel.rows; ++u) {
      for (int v = 0; v < kernel.columns; ++v) {
        const float value = kernel.weights[static_cast<std::size_t>(u) * kernel.columns + v];
        if (value == 0) continue;
        const int row = u / d_.stride;
        const int column = v / d_.stride;
        weights[0].push_back({u, v % d_.stride * row_.phase_size() + column, value});
        weights[1 + u % d_.stride * d_.stride + v % d_.stride].push_back(
            {taps_ - 1 - row, static_cast<std::size_t>(row_.taps() - 1 - column), value});
      }
    }
    stencil_.emplace_back(weights[0], d_.stride, row_.size());
    for (std::size_t n = 1; n < weights.size(); ++n) stencil_.emplace_back(weights[n], 1, dy_row_);
  }

  // `count` rows of the window with its edges repeated, in phases; row 0 is what the kernel's first meets at output 0.
  void pack_input(const float* plane, int first, int count, float* row, float* band) const {
    for (int q = 0; q < count; ++q, band += row_.size()) {
      const int i = std::clamp(d_.first_row + first + q, 0, d_.window.height - 1);
      const float* from = plane + static_cast<std::size_t>(d_.window.top + i) * d_.input.width + row_.begin();
      float* const to = d_.stride == 1 ? band : row;
      std::copy_n(from, row_.count(), to + row_.before());
      row_.extend(to);
      row_.split(to, band);
    }
  }

  // `count` rows of dy from row `first` on, between zeros.
  void pack_gradient(const float* plane, int first, int count, float* band) const {
    for (int q = 0; q < count; ++q, band += dy_row_) {
      const int i = first + q;
      if (i < 0 || i >= out_.height) {
        std::fill_n(band, dy_row_, 0.0F);
        continue;
      }
      std::fill_n(band, row_.taps() - 1, 0.0F);
      float* const end =
          std::copy_n(plane + static_cast<std::size_t>(i) * out_.width, out_.width, band + row_.taps() - 1);
      std::fill(end, band + dy_row_, 0.0F);
    }
  }

  [[nodiscard]] float* input_row(float* tensor, int c, int row) const {
    return tensor + c * d_.input.plane() + static_cast<std::size_t>(row) * d_.input.width;
  }

  // A worker has a long row, phases of a block of rows, and a band of either kind.
  [[nodiscard]] std::size_t worker_size() const {
    const std::size_t input_rows = (out_pieces_.size - 1) * d_.stride + d_.kernel.rows;
    const std::size_t gradient_rows = in_pieces_.size + taps_ - 1;
    return (1 + block_rows) * row_.size() + std::max(input_rows * row_.size(), gradient_rows * dy_row_) + block_width;
  }
  [[nodiscard]] float* worker_scratch(const Operands<float>& at, int worker) const {
    return at.scratch + repeated_at(d_.input.channels, 0) + worker * worker_size();
  }
  // Where row n of those that repeat an edge lies in scratch memory: first all above the window, then all below.
  [[nodiscard]] std::size_t repeated_at(int c, int n) const {
    return (static_cast<std::size_t>(c) * (above_ + below_) + n) * d_.input.width;
  }

  FilterDesc d_;
  ThreadPool* pool_;
  Shape out_;
  FilterRow row_;
  int taps_;           // how many of the kernel's rows meet one phase, at most
  int length_;         // rows of the window with its edges repeated that are read
  int first_;          // the first of them
  int above_;          // those before the window
  int below_;          // those after it
  Pieces out_pieces_;  // of the rows of y
  Pieces in_pieces_;   // of the rows of each phase of dx
  std::size_t dy_row_;
  std::vector<Stencil> stencil_;  // forward; then backward, one for each phase of rows and columns
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
