// SPDX-License-Identifier: Apache-2.0
// A convolution's backward-weights pass, rows by rows; compiled once for each instruction set.
#if defined(DIPPER_CPU_ROW_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_ROW_GRADIENT_INL
#undef DIPPER_CPU_ROW_GRADIENT_INL
#else
#define DIPPER_CPU_ROW_GRADIENT_INL
#endif

#include <type_traits>

#include "kernels/cpu/correlate-inl.hpp"
#include "kernels/cpu/weight_gradient-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// For maps at least as wide as a vector: vectors run along the rows, and each weight's sum is one register. A strip of
/// rows is short enough to stay in the L1 cache while all products of a channel run over it.
class RowWeightGradient final : public StripWeightGradient {
 public:
  RowWeightGradient(const Conv2dDesc& desc, ThreadPool& pool) : StripWeightGradient(desc, strip_rows(desc), pool) {
    dy_row_ = vectors_of(out_.width) * lanes;
    products_ = best_products(area());
    group_ = area() == 1 ? products_ : 1;
    pieces_ = cut_channels(Pieces{d_.input.channels, group_}.count(), bands_.count(), 1);
    band_ = Band(d_, strip_.size, out_.width);
  }

  /// The kernel positions whose sums are in registers at once: as many as waste least of `area`.
  static int best_products(int area) {
    if (!many_registers) return 2;
    if (area == 1) return 4;
    int best = 5;
    for (const int products : {4, 3}) {
      if (filled(area, products) > filled(area, best)) best = products;
    }
    return best;
  }
  /// The share of the products' registers that `area` positions use.
  static double filled(int area, int products) {
    return static_cast<double>(area) / (Pieces{area, products}.count() * products);
  }

 private:
  static constexpr int outputs_at_once = 4;

  // Long enough that adding up a sum's lanes costs little beside it.
  [[nodiscard]] static int strip_rows(const Conv2dDesc& desc) {
    return 128 / desc.stride / static_cast<int>(vectors_of(desc.output().width));
  }

  /// Rows of dy as vectors read them: row r of output o begins at values + o * channel + r * row.
  struct Rows {
    const float* values;
    std::size_t channel;
    std::size_t row;
    int count;
  };

  [[nodiscard]] std::size_t group_size() const { return group_ * band_.channel_size() + lanes; }
  [[nodiscard]] int pieces() const override { return pieces_.count(); }
  [[nodiscard]] std::size_t worker_size() const override {
    return group_size() + out_.channels * strip_.size * dy_row_;
  }

  void add_strip(int strip, int piece, const Source& x, const Source& dy, float* sum, Write write,
                 float* scratch) const override {
    const int first = strip_.begin(strip);
    const Rows rows = gradient_rows(dy, first, strip_.size_of(strip), scratch + group_size());
    const int end = std::min(pieces_.end(piece) * group_, d_.input.channels);
    for (int c = pieces_.begin(piece) * group_; c < end; c += group_) {
      const int channels = std::min(group_, end - c);
      band_.pack(x, first, c, c + channels, scratch);
      const int depth = channels * area();
      float* to = sum + static_cast<std::size_t>(c) * area();
      for (int o = 0; o < out_.channels; o += outputs_at_once) {
        for (int k = 0; k < depth; k += products_) {
          add_products(std::min(outputs_at_once, out_.channels - o), o, k, depth, scratch, rows, to, write);
        }
      }
    }
  }

  // The rows themselves where they are whole vectors, else a copy whose last vectors add zeros.
  Rows gradient_rows(const Source& dy, int first, int count, float* scratch) const {
    const auto width = static_cast<std::size_t>(out_.width);
    if (dy.norm == nullptr && width == dy_row_) return {dy.values + first * width, out_.plane(), width, count};
    for (int o = 0; o < out_.channels; ++o) {
      for (int r = 0; r < count; ++r) {
        float* row = scratch + (o * strip_.size + r) * dy_row_;
        copy_pixels(dy, out_, o, (first + r) * width, width, row);
        std::fill(row + width, row + dy_row_, 0.0F);
      }
    }
    return {scratch, strip_.size * dy_row_, dy_row_, count};
  }

  void add_products(int outputs, int o, int k, int depth, const float* band, const Rows& rows, float* to,
                    Write write) const {
    const auto take = [&](auto products) HWY_ATTR {
      constexpr int count = decltype(products)::value;
      switch (outputs) {
        case 1:
          return add_rows<1, count>(o, k, depth, band, rows, to, write);
        case 2:
          return add_rows<2, count>(o, k, depth, band, rows, to, write);
        case 3:
          return add_rows<3, count>(o, k, depth, band, rows, to, write);
        default:
          return add_rows<outputs_at_once, count>(o, k, depth, band, rows, to, write);
      }
    };
    if constexpr (many_registers) {
      if (products_ == 5) return take(std::integral_constant<int, 5>());
      if (products_ == 4) return take(std::integral_constant<int, 4>());
      take(std::integral_constant<int, 3>());
    } else {
      take(std::integral_constant<int, 2>());
    }
  }

  /// Products [k, k + Products) of outputs [o, o + Outputs).
  template <int Outputs, int Products>
  HWY_NOINLINE void add_rows(int o, int k, int depth, const float* band, const Rows& rows, float* to,
                             Write write) const {
    V sum[Products][outputs_at_once];
    for (int p = 0; p < Products; ++p) {
      for (int n = 0; n < outputs_at_once; ++n) sum[p][n] = hn::Zero(D());
    }
    const float* from[Products];
    for (int p = 0; p < Products; ++p) from[p] = band + band_.at()[std::min(k + p, depth - 1)];
    const float* dy = rows.values + o * rows.channel;
    for (int r = 0; r < rows.count; ++r, dy += rows.row) {
      const std::size_t at = band_.offset(r, 0);
      for (std::size_t j = 0; j < dy_row_; j += lanes) {
        V factor[Outputs];
        for (int n = 0; n < Outputs; ++n) factor[n] = load(dy + n * rows.channel + j);
        for (int p = 0; p < Products; ++p) {
          const V value = load_shared(from[p] + at + j);
          for (int n = 0; n < Outputs; ++n) sum[p][n] = hn::MulAdd(factor[n], value, sum[p][n]);
        }
      }
    }
    for (int p = 0; p < Products && k + p < depth; ++p) {
      float sums[4];
      sum_lanes(sum[p], sums);
      float* weight = to + o * weights() + k + p;
      for (int n = 0; n < Outputs; ++n, weight += weights()) {
        *weight = write == Write::accumulate ? *weight + sums[n] : sums[n];
      }
    }
  }

  std::size_t dy_row_ = 0;  // floats: whole vectors
  int products_ = 1;
  int group_ = 1;  // channels whose products run together
  Pieces pieces_;  // of groups of channels
  Band band_;      // of a strip
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
