// SPDX-License-Identifier: Apache-2.0
// What a filter does along one row, but for the arithmetic; compiled once for each instruction set.
#if defined(DIPPER_CPU_FILTER_ROW_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_FILTER_ROW_INL
#undef DIPPER_CPU_FILTER_ROW_INL
#else
#define DIPPER_CPU_FILTER_ROW_INL
#endif

#include "kernels/cpu/simd-inl.hpp"
#include "kernels/desc.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A row as a filter sees it is the window's row with its edges repeated as far as the kernel reaches: the long row. It
/// has length() floats, of which float 0 is what the kernel's first column meets at output 0. Position k of it is also
/// float k / stride of phase k mod stride, so that what neighbouring outputs read lies side by side.
class FilterRow {
 public:
  explicit FilterRow(const FilterDesc& d)
      : stride_(d.stride),
        width_(d.input.width),
        left_(d.window.left),
        outputs_(d.out_width),
        past_caches_(exceeds_caches(d.input)) {
    length_ = (d.out_width - 1) * d.stride + d.kernel.columns;
    taps_ = (d.kernel.columns + d.stride - 1) / d.stride;
    // However far outside it lies, only the edge is read.
    const int first = std::clamp(d.first_column, 1 - length_, d.window.width - 1);
    low_ = std::max(first, 0);
    high_ = std::min(first + length_, d.window.width) - 1;
    before_ = low_ - first;
    phase_size_ = (vectors_of(phase_length()) + 1) * lanes;
  }

  [[nodiscard]] int stride() const { return stride_; }
  /// How many of the kernel's columns meet one phase, at most.
  [[nodiscard]] int taps() const { return taps_; }
  [[nodiscard]] int phase_length() const { return outputs_ + taps_ - 1; }
  /// Floats of one phase: whole vectors, and room for what they may read or write past its end.
  [[nodiscard]] std::size_t phase_size() const { return phase_size_; }
  /// Floats of the long row, with room likewise.
  [[nodiscard]] std::size_t size() const { return stride_ * phase_size_; }

  /// The part of the input that is read: columns [begin(), begin() + count()), at float before() of the long row.
  [[nodiscard]] std::size_t begin() const { return static_cast<std::size_t>(left_) + low_; }
  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(high_) - low_ + 1; }
  [[nodiscard]] std::size_t before() const { return static_cast<std::size_t>(before_); }

  /// Repeats the edges of a long row in which that part lies already.
  void extend(float* row) const {
    const std::size_t end = before() + count();
    std::fill_n(row, before(), row[before_]);
    std::fill_n(row + end, length_ - end, row[end - 1]);
  }

  /// The phases of a long row: the row itself when there is but one.
  HWY_INLINE const float* split(const float* row, float* phases) const {
    if (stride_ == 1) return row;
    const auto n = static_cast<std::size_t>(phase_length());
    if (stride_ == 2) {
      for (std::size_t k = 0; k < n; k += lanes) {
        V a;
        V b;
        hn::LoadInterleaved2(D(), row + 2 * k, a, b);
        store(a, phases + k);
        store(b, phases + phase_size_ + k);
      }
    } else if (stride_ == 4) {
      for (std::size_t k = 0; k < n; k += lanes) {
        V part[4];
        hn::LoadInterleaved4(D(), row + 4 * k, part[0], part[1], part[2], part[3]);
        for (int p = 0; p < 4; ++p) store(part[p], phases + p * phase_size_ + k);
      }
    } else {
      for (std::size_t k = 0; k < n; ++k) {
        for (int p = 0; p < stride_; ++p) phases[p * phase_size_ + k] = row[k * stride_ + p];
      }
    }
    return phases;
  }

  /// The other way: the long row of its phases.
  HWY_INLINE float* join(float* phases, float* row) const {
    if (stride_ == 1) return phases;
    const auto n = static_cast<std::size_t>(phase_length());
    if (stride_ == 2) {
      for (std::size_t k = 0; k < n; k += lanes) {
        hn::StoreInterleaved2(load(phases + k), load(phases + phase_size_ + k), D(), row + 2 * k);
      }
    } else if (stride_ == 4) {
      for (std::size_t k = 0; k < n; k += lanes) {
        V part[4];
        for (int p = 0; p < 4; ++p) part[p] = load(phases + p * phase_size_ + k);
        hn::StoreInterleaved4(part[0], part[1], part[2], part[3], D(), row + 4 * k);
      }
    } else {
      for (std::size_t k = 0; k < n; ++k) {
        for (int p = 0; p < stride_; ++p) row[k * stride_ + p] = phases[p * phase_size_ + k];
      }
    }
    return row;
  }

  /// The adjoint of extend(): what repeated the edges is added to them.
  void fold(float* row) const {
    const std::size_t end = before() + count();
    float first = 0;
    float last = 0;
    for (std::size_t k = 0; k < before(); ++k) first += row[k];
    for (std::size_t k = end; k < static_cast<std::size_t>(length_); ++k) last += row[k];
    row[before_] += first;
    row[end - 1] += last;
  }

  /// From a folded row to one of the input's gradient, past the caches if those cannot hold that. What lies outside of
  /// the window gets 0.
  void write(const float* row, float* dx, Write write) const {
    const float* from = row + before_;
    float* to = dx + begin();
    if (past_caches_ && write == Write::overwrite && count() % lanes == 0 && on_line(to)) {
      for (std::size_t j = 0; j < count(); j += lanes) hn::Stream(load(from + j), D(), to + j);
    } else {
      for (std::size_t j = 0; j < count(); j += lanes) put_part(load(from + j), to + j, count() - j, write);
    }
    if (write == Write::accumulate) return;
    std::fill_n(dx, begin(), 0.0F);
    std::fill(to + count(), dx + width_, 0.0F);
  }

 private:
  int stride_;
  int width_;  // of the input
  int left_;
  int outputs_;
  int length_;
  int taps_;
  int low_, high_;  // the first and last column of the window that are read
  int before_;
  std::size_t phase_size_;
  bool past_caches_;
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
