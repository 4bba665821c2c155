// SPDX-License-Identifier: Apache-2.0
// Bands of padded input rows, the form in which convolutions read; compiled once for each instruction set.
#if defined(DIPPER_CPU_BAND_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_BAND_INL
#undef DIPPER_CPU_BAND_INL
#else
#define DIPPER_CPU_BAND_INL
#endif

#include <numeric>
#include <vector>

#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/desc.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

/// A tensor that a convolution reads, and the norm by which it takes it (Load), if any.
struct Source {
  const float* values = nullptr;
  const float* norm = nullptr;
  double slope = 1;
};

/// Copies `count` pixels of one channel, from pixel `begin` on.
inline void copy_pixels(const Source& x, const Shape& shape, int channel, std::size_t begin, std::size_t count,
                        float* to) {
  const float* from = x.values + channel * shape.plane() + begin;
  if (x.norm == nullptr) {
    std::memcpy(to, from, count * sizeof(float));
    return;
  }
  const Normalise norm(x.norm, shape.channels, channel, x.slope);
  for (std::size_t i = 0; i < count; i += lanes) store_part(norm(load_part(from + i, count - i)), to + i, count - i);
}

/// A band is what `rows` rows of a correlation's output read, copied for all channels with the padding filled in:
/// [channel][input row][phase][column]. Column x of the padded picture lies in phase x mod stride at x / stride, so
/// that neighbouring outputs read neighbouring floats for every stride.
class Band {
 public:
  Band() = default;
  Band(const Conv2dDesc& desc, int rows, int width) : d_(desc), rows_(rows), row_(row_size(desc, width)) {
    input_rows_ = (rows - 1) * desc.stride + desc.kernel;
    // Not a multiple of the caches' stride, or the same column of all channels would fall into the same few lines.
    channel_ = spread_out(static_cast<std::size_t>(input_rows_) * desc.stride * row_);
    at_.reserve(static_cast<std::size_t>(desc.input.channels) * desc.kernel * desc.kernel);
    for (int c = 0; c < desc.input.channels; ++c) {
      for (int u = 0; u < desc.kernel; ++u) {
        for (int v = 0; v < desc.kernel; ++v) {
          at_.push_back(static_cast<int>(c * channel_ + (u * desc.stride + v % desc.stride) * row_ + v / desc.stride));
        }
      }
    }
  }

  /// Floats of one phase of one row when each row has `width` outputs: whole vectors of them, and the kernel's reach.
  [[nodiscard]] static std::size_t row_size(const Conv2dDesc& desc, int width) {
    return (static_cast<std::size_t>(width) + lanes - 1) / lanes * lanes + (desc.kernel - 1) / desc.stride;
  }

  /// Floats of a whole band, and what vectors may read past it.
  [[nodiscard]] std::size_t size() const { return d_.input.channels * channel_ + lanes; }
  [[nodiscard]] std::size_t channel_size() const { return channel_; }
  [[nodiscard]] std::size_t row_size() const { return row_; }
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int input_rows() const { return input_rows_; }

  /// Where product k = (channel, u, v) of the output at the band's first row and column reads.
  [[nodiscard]] const int* at() const { return at_.data(); }
  [[nodiscard]] int depth() const { return static_cast<int>(at_.size()); }

  /// How far the reads of the output at (row, column) lie behind those of (0, 0).
  [[nodiscard]] std::size_t offset(int row, std::size_t column) const {
    return static_cast<std::size_t>(row) * d_.stride * d_.stride * row_ + column;
  }

  /// Copies what output rows first .. first + rows read, for channels [begin, end) of x, channel `begin` to the front.
  void pack(const Source& x, int first, int begin, int end, float* band) const {
    const std::size_t phases = static_cast<std::size_t>(d_.stride) * row_;
    for (int c = begin; c < end; ++c) {
      const float* plane = x.values + c * d_.input.plane();
      for (int r = 0; r < input_rows_; ++r, band += phases) {
        const int row = padded_index(first * d_.stride + r - d_.padding, d_.input.height, d_.mode);
        if (row < 0) {
          std::memset(band, 0, phases * sizeof(float));
        } else {
          pack_row(plane + static_cast<std::size_t>(row) * d_.input.width, band);
          if (x.norm != nullptr) normalise_row(Normalise(x.norm, d_.input.channels, c, x.slope), band);
        }
      }
      band += channel_ - input_rows_ * phases;
    }
    std::memset(band, 0, lanes * sizeof(float));
  }

 private:
  // Zero padding is put in after the norm, so it stays zero.
  void normalise_row(const Normalise& norm, float* row) const {
    for (int phase = 0; phase < d_.stride; ++phase, row += row_) {
      const auto [low, high] = d_.mode == Padding::zero ? inside(phase) : Range{0, static_cast<int>(row_)};
      for (int i = low; i < high; i += static_cast<int>(lanes)) {
        store_part(norm(load_part(row + i, high - i)), row + i, high - i);
      }
    }
  }

  struct Range {
    int low, high;
  };

  // Column i of a phase is column i * stride + phase - padding of the picture: inside it for i in [low, high).
  [[nodiscard]] Range inside(int phase) const {
    const int shift = phase - d_.padding;
    const int low = shift >= 0 ? 0 : (-shift + d_.stride - 1) / d_.stride;
    const int end = (d_.input.width - shift + d_.stride - 1) / d_.stride;
    return {low, std::clamp(end, low, std::max(low, static_cast<int>(row_)))};
  }

  void pack_row(const float* x, float* to) const {
    for (int phase = 0; phase < d_.stride; ++phase, to += row_) {
      const int shift = phase - d_.padding;
      const auto [low, high] = inside(phase);
      const int end = static_cast<int>(row_);
      for (int i = 0; i < std::min(low, end); ++i) to[i] = outside(x, i * d_.stride + shift);
      copy_inside(x + low * d_.stride + shift, high - low, to + low);
      for (int i = high; i < end; ++i) to[i] = outside(x, i * d_.stride + shift);
    }
  }

  [[nodiscard]] float outside(const float* x, int column) const {
    // Past what the last output reads, any finite value will do.
    if (column >= d_.input.width + d_.padding) return 0;
    const int from = padded_index(column, d_.input.width, d_.mode);
    return from < 0 ? 0 : x[from];
  }

  void copy_inside(const float* from, int count, float* to) const {
    if (d_.stride == 1) {
      std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
      return;
    }
    constexpr int step = static_cast<int>(lanes);
    int i = 0;
    if (count > step) {
      for (; i + step < count; i += step) {
        store(hn::ConcatEven(D(), load(from + 2 * i + lanes), load(from + 2 * i)), to + i);
      }
      // The last vector begins a float early, so that it reads nothing past the last one that is wanted.
      i = count - step;
      store(hn::ConcatOdd(D(), load(from + 2 * i - 1 + lanes), load(from + 2 * i - 1)), to + i);
      return;
    }
    for (; i < count; ++i) to[i] = from[2 * i];
  }

  Conv2dDesc d_;
  int rows_ = 0;
  int input_rows_ = 0;
  std::size_t row_ = 0;
  std::size_t channel_ = 0;
  std::vector<int> at_;
};

/// How many of `height` output rows a band should have: as many as keep it within half of a core's L2 cache, but at
/// least eight bands for a picture that is high enough, so that the threads share the work evenly; and if possible
/// whole groups of block_vectors.
inline int band_rows(const Conv2dDesc& d, int height, int width) {
  constexpr std::size_t budget = std::size_t{128} << 10;  // floats: 512 KiB
  const std::size_t input_row = Band::row_size(d, width) * d.stride * d.input.channels;
  const int input_rows = static_cast<int>(std::min<std::size_t>(budget / input_row, 1 << 20));
  const int rows = std::clamp((input_rows - d.kernel) / d.stride + 1, 1, std::max(1, (height + 7) / 8));
  const int per_row = (width + static_cast<int>(lanes) - 1) / static_cast<int>(lanes);
  const int step = block_vectors / std::gcd(block_vectors, per_row);
  return std::min(height, (rows + step - 1) / step * step);
}

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
