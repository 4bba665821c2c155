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
    if (bands_.count() == 1) return;
    const Pieces pieces{static_cast<int>(sums()), 4096};
    pool_->run(pieces.count(), [&](int piece, int /*worker*/) HWY_ATTR {
      const std::size_t end = pieces.end(piece);
      for (std::size_t i = pieces.begin(piece); i < end; i += lanes) {
        V total = hn::Zero(D());
        for (int b = 0; b < bands_.count(); ++b) total = hn::Add(total, load_part(sum + b * sums() + i, end - i));
        store_part(total, dw + i, end - i);
      }
    });
  }

 private:
  static constexpr int most_bands = 16;

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
      for (int o = 0; o < out_.channels; o += block_rows) {
        for (int k = 0; k < depth; k += products_) {
          add_products(std::min(block_rows, out_.channels - o), o, k, depth, scratch, rows, to, write);
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
          return add_rows<block_rows, count>(o, k, depth, band, rows, to, write);
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
    V sum[Products][block_rows];
    for (int p = 0; p < Products; ++p) {
      for (int n = 0; n < block_rows; ++n) sum[p][n] = hn::Zero(D());
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
