// SPDX-License-Identifier: Apache-2.0
// A convolution's backward-weights pass, pixels by pixels; compiled once for each instruction set.
#if defined(DIPPER_CPU_PIXEL_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_PIXEL_GRADIENT_INL
#undef DIPPER_CPU_PIXEL_GRADIENT_INL
#else
#define DIPPER_CPU_PIXEL_GRADIENT_INL
#endif

#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/cpu/weight_gradient-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// For many channels: vectors run along the channels of x, whose pixels are first turned to rows of channels, so that
/// for each kernel position the sum is a matrix product, read in place.
class PixelWeightGradient final : public StripWeightGradient {
 public:
  PixelWeightGradient(const Conv2dDesc& desc, ThreadPool& pool)
      : StripWeightGradient(desc, strip_rows(desc), pool), channels_{desc.input.channels, dense_vectors * lanes} {
    outputs_ = cut_channels(out_.channels, bands_.count() * channels_.count(), dense_rows);
    columns_ = columns_of(desc);
    // Columns that lie side by side are turned together, so the band is that of stride 1.
    Conv2dDesc dense = d_;
    dense.stride = 1;
    band_ = Band(dense, (strip_.size - 1) * d_.stride + 1, (out_.width - 1) * d_.stride + 1);
  }

 private:
  static constexpr int turned = 4;  // channels at once

  [[nodiscard]] static int columns_of(const Conv2dDesc& desc) {
    return (desc.output().width - 1) * desc.stride + desc.kernel;
  }
  // Sums long enough that writing them costs little, of pixels that stay in the L2 cache.
  [[nodiscard]] static int strip_rows(const Conv2dDesc& desc) {
    constexpr int pixels = 512;
    constexpr int budget = (512 << 10) / (dense_vectors * static_cast<int>(lanes) * static_cast<int>(sizeof(float)));
    return std::min(pixels / desc.output().width, (budget / columns_of(desc) - desc.kernel) / desc.stride + 1);
  }

  [[nodiscard]] int pieces() const override { return channels_.count() * outputs_.count(); }

  [[nodiscard]] std::size_t band_size() const { return turned * band_.channel_size() + lanes; }
  [[nodiscard]] std::size_t pixels_size() const {
    return static_cast<std::size_t>(band_.input_rows()) * columns_ * (dense_vectors * lanes);
  }
  [[nodiscard]] std::size_t block_size() const {
    return static_cast<std::size_t>(area()) * dense_rows * (dense_vectors * lanes);
  }
  [[nodiscard]] std::size_t worker_size() const override {
    const std::size_t gradient = static_cast<std::size_t>(outputs_.size) * strip_.size * out_.width;
    return std::max(band_size(), block_size()) + pixels_size() + gradient;
  }

  void add_strip(int strip, int piece, const Source& x, const Source& dy, float* sum, Write write,
                 float* scratch) const override {
    const int channels = piece / outputs_.count();
    if (channels_.size_of(channels) > static_cast<int>(lanes)) {
      add_channels<dense_vectors>(strip, channels, piece % outputs_.count(), x, dy, sum, write, scratch);
    } else {
      add_channels<1>(strip, channels, piece % outputs_.count(), x, dy, sum, write, scratch);
    }
  }

  template <int Vectors>
  void add_channels(int strip, int piece, int output_piece, const Source& x, const Source& dy, float* sum, Write write,
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

  Pieces channels_;  // of the input
  Pieces outputs_;
  int columns_ = 0;  // that a row of outputs reads
  Band band_;        // of a strip
};

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
