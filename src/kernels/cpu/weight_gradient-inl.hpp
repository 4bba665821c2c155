// SPDX-License-Identifier: Apache-2.0
// A convolution's backward-weights pass; compiled once for each instruction set.
#if defined(DIPPER_CPU_WEIGHT_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_WEIGHT_GRADIENT_INL
#undef DIPPER_CPU_WEIGHT_GRADIENT_INL
#else
#define DIPPER_CPU_WEIGHT_GRADIENT_INL
#endif

#include <type_traits>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/cpu/band-inl.hpp"
#include "kernels/cpu/correlate-inl.hpp"
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

/// Overwrites dw with the sum of the bands' sums, which follow each other, in their order.
inline void add_bands(ThreadPool& pool, const float* sums, int bands, std::size_t size, float* dw) {
  const Pieces pieces{static_cast<int>(size), 4096};
  pool.run(pieces.count(), [&](int piece, int /*worker*/) HWY_ATTR {
    const std::size_t end = pieces.end(piece);
    for (std::size_t i = pieces.begin(piece); i < end; i += lanes) {
      V total = hn::Zero(D());
      for (int b = 0; b < bands; ++b) total = hn::Add(total, load_part(sums + b * size + i, end - i));
      store_part(total, dw + i, end - i);
    }
  });
}

/// For maps at least as wide as a vector: vectors run along the rows, and each weight's sum is one register. A strip of
/// rows is short enough to stay in the L1 cache while all products of a channel run over it.
class RowWeightGradient final : public WeightGradientForm {
 public:
  RowWeightGradient(const Conv2dDesc& desc, ThreadPool& pool) : d_(desc), pool_(&pool), out_(desc.output()) {
    const VectorRows row{1, out_.width};
    dy_row_ = row.per_row() * lanes;
    // Long enough that adding up a sum's lanes costs little beside it.
    strip_ = {out_.height, std::clamp(128 / d_.stride / row.per_row(), 1, out_.height)};
    bands_ = {strip_.count(), (strip_.count() + most_bands - 1) / most_bands};
    const int area = d_.kernel * d_.kernel;
    products_ = best_products(area);
    group_ = area == 1 ? products_ : 1;
    const Pieces groups{d_.input.channels, group_};
    pieces_ = cut_channels(groups.count(), bands_.count(), 1);
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

  [[nodiscard]] std::size_t scratch_size() const override {
    return (bands_.count() > 1 ? bands_.count() * sums() : 0) + pool_->size() * worker_size();
  }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    float* const sum = bands_.count() > 1 ? scratch : dw;
    float* const workers = bands_.count() > 1 ? scratch + bands_.count() * sums() : scratch;
    pool_->run(bands_.count() * pieces_.count(), [&](int task, int worker) HWY_ATTR {
      const int band = task / pieces_.count();
      for (int strip = bands_.begin(band); strip < bands_.end(band); ++strip) {
        const Write write = strip == bands_.begin(band) ? Write::overwrite : Write::accumulate;
        add_strip(strip, task % pieces_.count(), x, dy, sum + band * sums(), write, workers + worker * worker_size());
      }
    });
    if (bands_.count() > 1) add_bands(*pool_, sum, bands_.count(), sums(), dw);
  }

 private:
  static constexpr int most_bands = 16;
  static constexpr int outputs_at_once = 4;

  /// Rows of dy as vectors read them: row r of output o begins at values + o * channel + r * row.
  struct Rows {
    const float* values;
    std::size_t channel;
    std::size_t row;
    int count;
  };

  [[nodiscard]] std::size_t sums() const { return static_cast<std::size_t>(out_.channels) * weights_of_output(); }
  [[nodiscard]] std::size_t weights_of_output() const {
    return static_cast<std::size_t>(d_.input.channels) * d_.kernel * d_.kernel;
  }
  [[nodiscard]] std::size_t group_size() const { return group_ * band_.channel_size() + lanes; }
  [[nodiscard]] std::size_t worker_size() const { return group_size() + out_.channels * strip_.size * dy_row_; }

  void add_strip(int strip, int piece, const Source& x, const Source& dy, float* sum, Write write,
                 float* scratch) const {
    const int first = strip_.begin(strip);
    const Rows rows = gradient_rows(dy, first, strip_.size_of(strip), scratch + group_size());
    const int end = std::min(pieces_.end(piece) * group_, d_.input.channels);
    for (int c = pieces_.begin(piece) * group_; c < end; c += group_) {
      const int channels = std::min(group_, end - c);
      band_.pack(x, first, c, c + channels, scratch);
      const int depth = channels * d_.kernel * d_.kernel;
      float* to = sum + static_cast<std::size_t>(c) * d_.kernel * d_.kernel;
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
      float* weight = to + o * weights_of_output() + k + p;
      for (int n = 0; n < Outputs; ++n, weight += weights_of_output()) {
        *weight = write == Write::accumulate ? *weight + sums[n] : sums[n];
      }
    }
  }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape out_;
  std::size_t dy_row_ = 0;  // floats: whole vectors
  int products_ = 1;
  int group_ = 1;  // channels whose products run together
  Pieces strip_;   // of rows
  Pieces bands_;   // of strips: their sums are added in their order at the end
  Pieces pieces_;  // of groups of channels
  Band band_;      // of a strip
};

/// For many channels: vectors run along the channels of x, whose pixels are first turned to rows of channels, so that
/// for each kernel position the sum is a matrix product, read in place.
class PixelWeightGradient final : public WeightGradientForm {
 public:
  PixelWeightGradient(const Conv2dDesc& desc, ThreadPool& pool)
      : d_(desc), pool_(&pool), out_(desc.output()), channels_{desc.input.channels, dense_vectors * lanes} {
    columns_ = (out_.width - 1) * d_.stride + d_.kernel;
    // Sums long enough that writing them costs little, of pixels that stay in the L2 cache.
    constexpr int pixels = 512;
    constexpr int budget = (512 << 10) / (dense_vectors * static_cast<int>(lanes) * static_cast<int>(sizeof(float)));
    const int fitting = (budget / columns_ - d_.kernel) / d_.stride + 1;
    strip_ = {out_.height, std::clamp(std::min(pixels / out_.width, fitting), 1, out_.height)};
    bands_ = {strip_.count(), (strip_.count() + most_bands - 1) / most_bands};
    outputs_ = cut_channels(out_.channels, bands_.count() * channels_.count(), dense_rows);
    // Columns that lie side by side are turned together, so the band is that of stride 1.
    Conv2dDesc dense = d_;
    dense.stride = 1;
    band_ = Band(dense, (strip_.size - 1) * d_.stride + 1, (out_.width - 1) * d_.stride + 1);
  }

  [[nodiscard]] std::size_t scratch_size() const override {
    return (bands_.count() > 1 ? bands_.count() * sums() : 0) + pool_->size() * worker_size();
  }

  void run(const Source& x, const Source& dy, float* dw, float* scratch) const override {
    float* const sum = bands_.count() > 1 ? scratch : dw;
    float* const workers = bands_.count() > 1 ? scratch + bands_.count() * sums() : scratch;
    const int pieces = channels_.count() * outputs_.count();
    pool_->run(bands_.count() * pieces, [&](int task, int worker) HWY_ATTR {
      const int band = task / pieces;
      const int piece = task % pieces / outputs_.count();
      for (int strip = bands_.begin(band); strip < bands_.end(band); ++strip) {
        const Write write = strip == bands_.begin(band) ? Write::overwrite : Write::accumulate;
        float* own = workers + worker * worker_size();
        if (channels_.size_of(piece) > static_cast<int>(lanes)) {
          add_strip<dense_vectors>(strip, piece, task % outputs_.count(), x, dy, sum + band * sums(), write, own);
        } else {
          add_strip<1>(strip, piece, task % outputs_.count(), x, dy, sum + band * sums(), write, own);
        }
      }
    });
    if (bands_.count() > 1) add_bands(*pool_, sum, bands_.count(), sums(), dw);
  }

 private:
  static constexpr int most_bands = 16;
  static constexpr int turned = 4;  // channels at once

  [[nodiscard]] int area() const { return d_.kernel * d_.kernel; }
  [[nodiscard]] std::size_t sums() const {
    return static_cast<std::size_t>(out_.channels) * d_.input.channels * area();
  }
  [[nodiscard]] std::size_t band_size() const { return turned * band_.channel_size() + lanes; }
  [[nodiscard]] std::size_t pixels_size() const {
    return static_cast<std::size_t>(band_.input_rows()) * columns_ * (dense_vectors * lanes);
  }
  [[nodiscard]] std::size_t block_size() const {
    return static_cast<std::size_t>(area()) * dense_rows * (dense_vectors * lanes);
  }
  [[nodiscard]] std::size_t worker_size() const {
    const std::size_t gradient = static_cast<std::size_t>(outputs_.size) * strip_.size * out_.width;
    return std::max(band_size(), block_size()) + pixels_size() + gradient;
  }

  template <int Vectors>
  void add_strip(int strip, int piece, int output_piece, const Source& x, const Source& dy, float* sum, Write write,
                 float* scratch) const {
    const int first = strip_.begin(strip);
    const int rows = strip_.size_of(strip);
    const int begin = outputs_.begin(output_piece);
    const int end = outputs_.end(output_piece);
    float* const pixels = scratch + std::max(band_size(), block_size());
    turn<Vectors>(first, piece, x, scratch, pixels);
    const float* gradient = dy.values + begin * out_.plane() + static_cast<std::size_t>(first) * out_.width;
    std::size_t gradient_row = out_.plane();
    if (dy.norm != nullptr) {
      gradient = pack_gradient(dy, first, rows, begin, end, pixels + pixels_size());
      gradient_row = static_cast<std::size_t>(rows) * out_.width;
    }
    for (int o = begin; o < end; o += dense_rows, gradient += dense_rows * gradient_row) {
      const int outputs = std::min(dense_rows, end - o);
      for (int k = 0; k < area(); ++k) {
        constexpr std::size_t step = Vectors * lanes;
        const std::size_t at = (static_cast<std::size_t>(k / d_.kernel) * columns_ + k % d_.kernel) * step;
        multiply_dense_rows<Vectors>(outputs, {.a = gradient,
                                               .a_row = gradient_row,
                                               .b = pixels + at,
                                               .b_step = d_.stride * step,
                                               .depth = out_.width,
                                               .repeats = rows,
                                               .a_repeat = static_cast<std::size_t>(out_.width),
                                               .b_repeat = d_.stride * columns_ * step,
                                               .c = scratch + k * dense_rows * step,
                                               .c_row = step,
                                               .write = Write::overwrite});
      }
      for (int row = 0; row < outputs; ++row) put_sums<Vectors>(o + row, piece, scratch, row, sum, write);
    }
  }

  // pixels[row][column][channel] of what a strip's outputs read; channels past the last one are zeros.
  template <int Vectors>
  void turn(int first, int piece, const Source& x, float* band, float* pixels) const {
    constexpr std::size_t step = Vectors * lanes;
    const int begin = channels_.begin(piece);
    for (int c = 0; c < static_cast<int>(step); c += turned) {
      const int known = std::clamp(channels_.end(piece) - begin - c, 0, turned);
      band_.pack(x, first * d_.stride, begin + c, begin + c + known, band);
      std::fill(band + known * band_.channel_size(), band + band_size(), 0.0F);
      for (int row = 0; row < band_.input_rows(); ++row) {
        for (int column = 0; column < columns_; column += static_cast<int>(lanes)) {
          const float* from = band + row * band_.row_size() + column;
          HWY_ALIGN float quads[turned * lanes];
          hn::StoreInterleaved4(load(from), load(from + band_.channel_size()), load(from + 2 * band_.channel_size()),
                                load(from + 3 * band_.channel_size()), D(), quads);
          float* to = pixels + (static_cast<std::size_t>(row) * columns_ + column) * step + c;
          const int count = std::min(static_cast<int>(lanes), columns_ - column);
          for (int i = 0; i < count; ++i, to += step) std::memcpy(to, quads + i * turned, turned * sizeof(float));
        }
      }
    }
  }

  const float* pack_gradient(const Source& dy, int first, int rows, int begin, int end, float* to) const {
    const std::size_t count = static_cast<std::size_t>(rows) * out_.width;
    for (int o = begin; o < end; ++o) {
      copy_pixels(dy, out_, o, static_cast<std::size_t>(first) * out_.width, count, to + (o - begin) * count);
    }
    return to;
  }

  // From tile[position][row][channel] to sum[o][channel][position].
  template <int Vectors>
  void put_sums(int o, int piece, const float* tile, int row, float* sum, Write write) const {
    constexpr std::size_t step = Vectors * lanes;
    const hn::FixedTag<float, 4> four;
    const int channels = channels_.size_of(piece);
    float* const to = sum + (static_cast<std::size_t>(o) * d_.input.channels + channels_.begin(piece)) * area();
    const float* const from = tile + row * step;
    const std::size_t position = dense_rows * step;
    if (area() == 1) {
      for (int c = 0; c < channels; c += static_cast<int>(lanes)) put_part(load(from + c), to + c, channels - c, write);
      return;
    }
    int k = 0;
    for (; k + 4 <= area(); k += 4) {
      for (int c = 0; c < channels; c += static_cast<int>(lanes)) {
        const float* at = from + k * position + c;
        HWY_ALIGN float quads[4 * lanes];
        hn::StoreInterleaved4(load(at), load(at + position), load(at + 2 * position), load(at + 3 * position), D(),
                              quads);
        const int count = std::min(static_cast<int>(lanes), channels - c);
        for (int i = 0; i < count; ++i) {
          float* weights = to + (c + i) * area() + k;
          auto quad = hn::Load(four, quads + 4 * i);
          if (write == Write::accumulate) quad = hn::Add(quad, hn::LoadU(four, weights));
          hn::StoreU(quad, four, weights);
        }
      }
    }
    for (; k < area(); ++k) {
      for (int c = 0; c < channels; ++c) {
        float& weight = to[c * area() + k];
        const float value = from[k * position + c];
        weight = write == Write::accumulate ? weight + value : value;
      }
    }
  }

  Conv2dDesc d_;
  ThreadPool* pool_;
  Shape out_;
  Pieces channels_;  // of the input
  Pieces outputs_;
  Pieces strip_;     // of rows
  Pieces bands_;     // of strips: their sums are added in their order at the end
  int columns_ = 0;  // that a row of outputs reads
  Band band_;        // of a strip
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
