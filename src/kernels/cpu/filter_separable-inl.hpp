// SPDX-License-Identifier: Apache-2.0
// Filters whose kernel is a column times a row; compiled once for each instruction set.
#if defined(DIPPER_CPU_FILTER_SEPARABLE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_FILTER_SEPARABLE_INL
#undef DIPPER_CPU_FILTER_SEPARABLE_INL
#else
#define DIPPER_CPU_FILTER_SEPARABLE_INL
#endif

#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/cpu/filter_kernel.hpp"
#include "kernels/cpu/filter_row-inl.hpp"
#include "kernels/cpu/tasks.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A float that many outputs take alike, seen from each of them.
struct Tap {
  std::ptrdiff_t at;
  float weight;
  bool operator==(const Tap&) const = default;
};

/// put(j, the sum of taps of from[j + at]) for `Vectors` vectors from float j on.
template <int Vectors, class Put>
HWY_INLINE void weigh_vectors(const std::vector<Tap>& taps, const float* from, std::size_t j, const Put& put) {
  V sum[Vectors];
  for (V& part : sum) part = hn::Zero(D());
  for (const Tap& tap : taps) {
    const V weight = splat(tap.weight);
    const float* at = from + static_cast<std::ptrdiff_t>(j) + tap.at;
    for (int n = 0; n < Vectors; ++n) sum[n] = hn::MulAdd(weight, load(at + n * lanes), sum[n]);
  }
  for (int n = 0; n < Vectors; ++n) put(j + n * lanes, sum[n]);
}

/// The same for all vectors of `count` floats; less than a vector more is read.
template <class Put>
HWY_INLINE void weigh(const std::vector<Tap>& taps, const float* from, std::size_t count, const Put& put) {
  constexpr int most = many_registers ? 8 : 4;
  std::size_t j = 0;
  for (; j + most * lanes <= count; j += most * lanes) weigh_vectors<most>(taps, from, j, put);
  for (; j < count; j += lanes) weigh_vectors<1>(taps, from, j, put);
}

/// The same to memory, in whole vectors.
HWY_INLINE void weigh(const std::vector<Tap>& taps, const float* from, std::size_t count, float* to) {
  weigh(taps, from, count, [to](std::size_t j, V sum) HWY_ATTR { store(sum, to + j); });
}

/// Rows first, then columns; backward likewise, so that each row of dx gathers what it is due and nobody shares one.
class SeparableFilter final : public Layer<float> {
 public:
  SeparableFilter(const FilterDesc& desc, const KernelFactors& factors, ThreadPool& pool)
      : d_(desc), pool_(&pool), out_(desc.output()), row_(desc), reads_(desc.out_height), due_(desc.input.height) {
    for (int i = 0; i < d_.out_height; ++i) {
      for (int u = 0; u < d_.kernel.rows; ++u) {
        if (factors.column[u] == 0) continue;
        const int row = d_.window.top + std::clamp(i * d_.stride + d_.first_row + u, 0, d_.window.height - 1);
        add(static_cast<std::ptrdiff_t>(row) * d_.input.width, factors.column[u], reads_[i]);
        add(static_cast<std::ptrdiff_t>(i) * d_.out_width, factors.column[u], due_[row]);
      }
    }
    returns_.resize(d_.stride);
    for (int v = 0; v < d_.kernel.columns; ++v) {
      if (factors.row[v] == 0) continue;
      const int phase = v % d_.stride;
      const int step = v / d_.stride;
      taps_.push_back({static_cast<std::ptrdiff_t>(phase * row_.phase_size()) + step, factors.row[v]});
      returns_[phase].push_back({-step, factors.row[v]});
    }
    for (std::size_t i = 0; i < due_.size(); ++i) same_as_above_.push_back(i > 0 && due_[i] == due_[i - 1]);
    out_pieces_ = {d_.out_height, std::max(1, (1 << 13) / static_cast<int>(row_.size()))};
    in_pieces_ = {d_.input.height, std::max(1, (1 << 13) / d_.input.width)};
  }

  [[nodiscard]] Choice choice(Pass pass) const override {
    return {.kernel = pass == Pass::backward_parameters ? "" : "separable"};
  }

  [[nodiscard]] std::size_t scratch_size() const override { return pool_->size() * worker_size(); }

  void forward(const Operands<float>& at) override {
    for_each_row(out_pieces_, [&](int c, int i, bool first, int worker) HWY_ATTR {
      float* const row = at.scratch + worker * worker_size();
      float* const phases = row + row_.size();
      const float* const x = at.x[0] + c * d_.input.plane() + row_.begin();
      fetch_new(x, reads_, i, first, row_.count());
      weigh(reads_[i], x, row_.count(), row + row_.before());
      row_.extend(row);
      const auto width = static_cast<std::size_t>(out_.width);
      float* const y = at.y + c * out_.plane() + i * width;
      const bool streams = exceeds_caches(out_) && on_line(y);
      weigh(taps_, row_.split(row, phases), width, [&](std::size_t j, V sum) HWY_ATTR {
        if (streams) {
          hn::Stream(sum, D(), y + j);
        } else {
          store_part(sum, y + j, width - j);
        }
      });
    });
  }

  void backward_inputs(const Operands<float>& at, const Gradients<float>& gradients) override {
    const GradientTarget<float>& dx = gradients.dx[0];
    for_each_row(in_pieces_, [&](int c, int i, bool first, int worker) HWY_ATTR {
      float* const to = dx.data + c * d_.input.plane() + static_cast<std::size_t>(i) * d_.input.width;
      if (due_[i].empty()) {
        if (dx.write == Write::overwrite) std::fill_n(to, d_.input.width, 0.0F);
        return;
      }
      float* const row = at.scratch + worker * worker_size();
      float* const phases = row + row_.size();
      // The rows of a pool's window are due the same.
      if (first || !same_as_above_[i]) {
        const float* const dy = gradients.dy + c * out_.plane();
        fetch_new(dy, due_, i, first, out_.width);
        gather(dy, due_[i], row, phases);
      }
      row_.write(d_.stride == 1 ? phases : row, to, dx.write);
    });
  }

 private:
  using Taps = std::vector<Tap>;

  static void add(std::ptrdiff_t at, float weight, Taps& taps) {
    if (!taps.empty() && taps.back().at == at) {
      taps.back().weight += weight;
    } else {
      taps.push_back({at, weight});
    }
  }

  // Asks for the rows that row i of the result reads and the one above it does not.
  HWY_INLINE static void fetch_new(const float* from, const std::vector<Taps>& taps, int i, bool first,
                                   std::size_t count) {
    const bool all = first || taps[i - 1].empty();
    for (const Tap& tap : taps[i]) {
      if (all || tap.at > taps[i - 1].back().at) fetch(from + tap.at, count);
    }
  }

  // A long row of the gradient, its edges' repetitions added to them. With one phase, it is that.
  HWY_INLINE void gather(const float* dy, const Taps& due, float* row, float* phases) const {
    float* const sum = phases + row_.size() + spare();
    weigh(due, dy, out_.width, sum);
    std::fill_n(sum - row_.taps(), row_.taps(), 0.0F);
    std::fill_n(sum + out_.width, row_.taps() + lanes, 0.0F);
    for (int phase = 0; phase < d_.stride; ++phase) {
      weigh(returns_[phase], sum, row_.phase_length(), phases + phase * row_.phase_size());
    }
    row_.fold(row_.join(phases, row));
  }

  // Zeros on either side of a row of outputs.
  [[nodiscard]] std::size_t spare() const { return row_.taps() + lanes; }
  // A long row, its phases, and a row of outputs.
  [[nodiscard]] std::size_t worker_size() const { return 2 * row_.size() + row_.phase_size() + 2 * spare(); }

  template <class Visit>
  void for_each_row(const Pieces& rows, const Visit& visit) const {
    pool_->run(d_.input.channels * rows.count(), [&](int task, int worker) HWY_ATTR {
      const int piece = task / d_.input.channels;
      const int begin = rows.begin(piece);
      for (int i = begin; i < rows.end(piece); ++i) visit(task % d_.input.channels, i, i == begin, worker);
      hwy::FlushStream();
    });
  }

  FilterDesc d_;
  ThreadPool* pool_;
  Shape out_;
  FilterRow row_;
  std::vector<Taps> reads_;          // of each row of y, in x
  std::vector<Taps> due_;            // to each row of dx, in dy
  std::vector<bool> same_as_above_;  // whether that is what the row above is due
  Taps taps_;                        // of each float of y, in the phases
  std::vector<Taps> returns_;        // to each float of a phase, in a row of dy
  Pieces out_pieces_;
  Pieces in_pieces_;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
