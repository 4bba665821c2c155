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
    return vectors_of(width) * lanes + (desc.kernel - 1) / desc.stride;
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
    for (int c = begin; c < end; ++c, band += channel_) {
      const float* plane = x.values + c * d_.input.plane();
      if (x.norm == nullptr) {
        pack_channel(
            plane, first, [](V value) HWY_ATTR { return value; }, band);
      } else {
        pack_channel(plane, first, Normalise(x.norm, d_.input.channels, c, x.slope), band);
      }
    }
    std::memset(band, 0, lanes * sizeof(float));
  }

 private:
  // `take` is done to each value of the picture and to what reflection repeats, but zero padding stays zero.
  template <class Take>
  HWY_INLINE void pack_channel(const float* plane, int first, const Take& take, float* band) const {
    const std::size_t phases = static_cast<std::size_t>(d_.stride) * row_;
    for (int r = 0; r < input_rows_; ++r, band += phases) {
      const int row = padded_index(first * d_.stride + r - d_.padding, d_.input.height, d_.mode);
      if (row < 0) {
        std::memset(band, 0, phases * sizeof(float));
        continue;
      }
      const float* from = plane + static_cast<std::size_t>(row) * d_.input.width;
      if (d_.stride == 1) {
        copy_columns(from, take, band);
      } else {
        separate_columns(from, take, band);
      }
      for (int phase = 0; phase < d_.stride; ++phase) pad_columns(from, phase, take, band + phase * row_);
    }
  }

  template <class Take>
  HWY_INLINE void copy_columns(const float* from, const Take& take, float* to) const {
    const std::size_t count = std::min<std::size_t>(d_.input.width, row_ - d_.padding);
    for (std::size_t i = 0; i < count; i += lanes) {
      store_part(take(load_part(from + i, count - i)), to + d_.padding + i, count - i);
    }
  }

  // Stride 2: column n of the picture goes to phase (n + padding) mod 2 at (n + padding) / 2.
  template <class Take>
  HWY_INLINE void separate_columns(const float* from, const Take& take, float* band) const {
    const auto width = static_cast<std::size_t>(d_.input.width);
    const int other = d_.padding + 1;
    float* const even_to = band + d_.padding % 2 * row_ + d_.padding / 2;
    float* const odd_to = band + other % 2 * row_ + other / 2;
    const std::size_t evens = std::min(row_ - d_.padding / 2, (width + 1) / 2);
    const std::size_t odds = std::min(row_ - other / 2, width / 2);
    for (std::size_t i = 0; i < evens; i += lanes) {
      const std::size_t left = width - 2 * i;
      const V low = load_part(from + 2 * i, left);
      const V high = left > lanes ? load_part(from + 2 * i + lanes, left - lanes) : hn::Zero(D());
      store_part(take(hn::ConcatEven(D(), high, low)), even_to + i, evens - i);
      if (i < odds) store_part(take(hn::ConcatOdd(D(), high, low)), odd_to + i, odds - i);
    }
  }

  // Column i of a phase is column i * stride + phase - padding of the picture; here are those that lie outside.
  template <class Take>
  HWY_INLINE void pad_columns(const float* from, int phase, const Take& take, float* to) const {
    const int shift = phase - d_.padding;
    const int size = static_cast<int>(row_);
    const int low = std::min(shift >= 0 ? 0 : (d_.stride - 1 - shift) / d_.stride, size);
    const int high = std::clamp((d_.input.width - shift + d_.stride - 1) / d_.stride, low, size);
    const auto outside = [&](int i) HWY_ATTR {
      const int column = i * d_.stride + shift;
      // Past what the last output reads, any finite value will do.
      const int at = column < d_.input.width + d_.padding ? padded_index(column, d_.input.width, d_.mode) : -1;
      return at < 0 ? 0.0F : hn::GetLane(take(splat(from[at])));
    };
    for (int i = 0; i < low; ++i) to[i] = outside(i);
    for (int i = high; i < size; ++i) to[i] = outside(i);
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
  const int per_row = static_cast<int>(vectors_of(width));
  const int step = block_vectors / std::gcd(block_vectors, per_row);
  return std::min(height, (rows + step - 1) / step * step);
}

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
