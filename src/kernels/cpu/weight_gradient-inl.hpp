// SPDX-License-Identifier: Apache-2.0
// What the kernels of a convolution's backward-weights pass share; compiled once for each instruction set.
#if defined(DIPPER_CPU_WEIGHT_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_WEIGHT_GRADIENT_INL
#undef DIPPER_CPU_WEIGHT_GRADIENT_INL
#else
#define DIPPER_CPU_WEIGHT_GRADIENT_INL
#endif

#include "base/thread_pool.hpp"
#include "kernels/cpu/band-inl.hpp"
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

/// Goes through the picture in strips of rows. A band of strips has sums of its own, and the bands' sums are added in
/// their order at the end; within a band, pieces of the channels are tasks of their own.
class StripWeightGradient : public WeightGradientForm {
 public:
  [[nodiscard]] std::size_t scratch_size() const override {
    return (bands_.count() > 1 ? bands_.count() * sums() : 0) + pool_->size() * worker_size();
  }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    float* const sum = bands_.count() > 1 ? scratch : dw;
    float* const workers = bands_.count() > 1 ? scratch + bands_.count() * sums() : scratch;
    pool_->run(bands_.count() * pieces(), [&](int task, int worker) HWY_ATTR {
      const int band = task / pieces();
      for (int strip = bands_.begin(band); strip < bands_.end(band); ++strip) {
        const Write write = strip == bands_.begin(band) ? Write::overwrite : Write::accumulate;
        add_strip(strip, task % pieces(), x, dy, sum + band * sums(), write, workers + worker * worker_size());
      }
    });
    if (bands_.count() > 1) add_bands(sum, dw);
  }

 protected:
  StripWeightGradient(const Conv2dDesc& desc, int strip_rows, ThreadPool& pool)
      : d_(desc), pool_(&pool), out_(desc.output()), strip_{out_.height, std::clamp(strip_rows, 1, out_.height)} {
    bands_ = {strip_.count(), (strip_.count() + most_bands - 1) / most_bands};
  }

  [[nodiscard]] int area() const { return d_.kernel * d_.kernel; }
  /// Weights of one output, and of all.
  [[nodiscard]] std::size_t weights() const { return static_cast<std::size_t>(d_.input.channels) * area(); }
  [[nodiscard]] std::size_t sums() const { return out_.channels * weights(); }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape out_;
  Pieces strip_;  // of rows
  Pieces bands_;  // of strips

 private:
  static constexpr int most_bands = 16;

  [[nodiscard]] virtual int pieces() const = 0;
  [[nodiscard]] virtual std::size_t worker_size() const = 0;
  /// Overwrites the piece's part of sum[o][c][u][v], or adds to it.
  virtual void add_strip(int strip, int piece, const Source& x, const Source& dy, float* sum, Write write,
                         float* scratch) const = 0;

  void add_bands(const float* band_sums, float* dw) const {
    const Pieces parts{static_cast<int>(sums()), 4096};
    pool_->run(parts.count(), [&](int part, int /*worker*/) HWY_ATTR {
      const std::size_t end = parts.end(part);
      for (std::size_t i = parts.begin(part); i < end; i += lanes) {
        V total = hn::Zero(D());
        for (int b = 0; b < bands_.count(); ++b) total = hn::Add(total, load_part(band_sums + b * sums() + i, end - i));
        store_part(total, dw + i, end - i);
      }
    });
  }
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
