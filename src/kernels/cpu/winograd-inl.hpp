// SPDX-License-Identifier: Apache-2.0
// Winograd's F(4x4, 3x3): the transforms that all passes share; compiled once for each instruction set.
// Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016: a tile of 4x4 outputs takes 36 products
// for each pair of channels where the direct method takes 144. A vector holds the same element of many tiles.
#if defined(DIPPER_CPU_WINOGRAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef DIPPER_CPU_WINOGRAD_INL
#undef DIPPER_CPU_WINOGRAD_INL
#else
#define DIPPER_CPU_WINOGRAD_INL
#endif

#include "kernels/cpu/band-inl.hpp"
#include "kernels/cpu/gemm-inl.hpp"
#include "kernels/cpu/simd-inl.hpp"
#include "kernels/desc.hpp"

HWY_BEFORE_NAMESPACE();
namespace dipper::cpu::HWY_NAMESPACE {

inline constexpr int tile_size = 4;   // of outputs
inline constexpr int patch_size = 6;  // of the inputs that they read
inline constexpr int positions = patch_size * patch_size;

/// What a group of tiles is multiplied as: two vectors of them at a time.
inline constexpr int group_vectors = dense_vectors;
inline constexpr std::size_t group_tiles = group_vectors * lanes;

/// The tiles of a plane, numbered row after row; the last vector may hang over the end.
struct Tiles {
  Shape shape;  // of the plane that they cover

  [[nodiscard]] int rows() const { return (shape.height + tile_size - 1) / tile_size; }
  [[nodiscard]] int columns() const { return (shape.width + tile_size - 1) / tile_size; }
  [[nodiscard]] int count() const { return rows() * columns(); }
  [[nodiscard]] int groups() const {
    return (count() + static_cast<int>(group_tiles) - 1) / static_cast<int>(group_tiles);
  }
  /// Whether the vector that begins with `tile` lies in one row of tiles.
  [[nodiscard]] bool in_one_row(int tile) const {
    return tile % columns() + static_cast<int>(lanes) <= columns() && tile < count();
  }
};

/// B' d, of six values.
HWY_INLINE void transform_input(const V* d, V* out) {
  const V c2 = splat(2);
  const V c4 = splat(4);
  const V c5 = splat(5);
  const V a = hn::NegMulAdd(c4, d[2], d[4]);
  const V b = hn::NegMulAdd(c4, d[1], d[3]);
  const V c = hn::Sub(d[4], d[2]);
  const V e = hn::Sub(d[3], d[1]);
  out[0] = hn::MulAdd(c4, d[0], hn::NegMulAdd(c5, d[2], d[4]));
  out[1] = hn::Add(a, b);
  out[2] = hn::Sub(a, b);
  out[3] = hn::MulAdd(c2, e, c);
  out[4] = hn::NegMulAdd(c2, e, c);
  out[5] = hn::MulAdd(c4, d[1], hn::NegMulAdd(c5, d[3], d[5]));
}

/// A' m: six values to four outputs.
HWY_INLINE void transform_output(const V* m, V* out) {
  const V a = hn::Add(m[1], m[2]);
  const V b = hn::Sub(m[1], m[2]);
  const V c = hn::Add(m[3], m[4]);
  const V d = hn::Sub(m[3], m[4]);
  out[0] = hn::Add(hn::Add(m[0], a), c);
  out[1] = hn::MulAdd(splat(2), d, b);
  out[2] = hn::MulAdd(splat(4), c, a);
  out[3] = hn::Add(hn::MulAdd(splat(8), d, b), m[5]);
}

/// A y: the adjoint of that, four gradients to six.
HWY_INLINE void transform_gradient(const V* y, V* out) {
  const V even = hn::Add(y[0], y[2]);
  const V odd = hn::Add(y[1], y[3]);
  const V even4 = hn::MulAdd(splat(4), y[2], y[0]);
  const V odd8 = hn::MulAdd(splat(8), y[3], hn::Add(y[1], y[1]));
  out[0] = y[0];
  out[1] = hn::Add(even, odd);
  out[2] = hn::Sub(even, odd);
  out[3] = hn::Add(even4, odd8);
  out[4] = hn::Sub(even4, odd8);
  out[5] = y[3];
}

/// The matrix G of the kernel's transform, G g G', and of its adjoint, G' u G.
inline constexpr float kernel_matrix[patch_size][3] = {{1.0F / 4, 0, 0},
                                                       {-1.0F / 6, -1.0F / 6, -1.0F / 6},
                                                       {-1.0F / 6, 1.0F / 6, -1.0F / 6},
                                                       {1.0F / 24, 1.0F / 12, 1.0F / 6},
                                                       {1.0F / 24, -1.0F / 12, 1.0F / 6},
                                                       {0, 0, 1}};

/// Reads the patches of `lanes` tiles of one channel: patch[r][j] is element (r, j) of each.
class PatchReader {
 public:
  PatchReader() = default;
  /// The tiles cover the desc's output; a patch begins `padding` above and to the left of its tile.
  explicit PatchReader(const Conv2dDesc& desc) : d_(desc), tiles_{desc.output()} {}

  HWY_INLINE void read(const Source& x, int channel, int tile, V (*patch)[patch_size]) const {
    const float* plane = x.values + channel * d_.input.plane();
    if (x.norm == nullptr) {
      read_plane(
          plane, tile, [](V value) HWY_ATTR { return value; }, patch);
    } else {
      read_plane(plane, tile, Normalise(x.norm, d_.input.channels, channel, x.slope), patch);
    }
  }

 private:
  // `take` is done to each value, but not to padding with zeros.
  template <class Take>
  HWY_INLINE void read_plane(const float* x, int tile, const Take& take, V (*patch)[patch_size]) const {
    if (!tiles_.in_one_row(tile)) return read_apart(x, tile, take, patch);
    const int column = tile % tiles_.columns() * tile_size - d_.padding;
    const int row = tile / tiles_.columns() * tile_size - d_.padding;
    const bool inside = column >= 0 && column + width <= d_.input.width;
    for (int r = 0; r < patch_size; ++r) {
      V* const to = patch[r];
      const int from_row = padded_index(row + r, d_.input.height, d_.mode);
      if (from_row < 0) {
        for (int j = 0; j < patch_size; ++j) to[j] = hn::Zero(D());
        continue;
      }
      const float* from = x + static_cast<std::size_t>(from_row) * d_.input.width + column;
      // The same of the next channel, which no hardware foresees: it lies a whole plane further.
      for (int j = 0; j < width; j += cache_line) hwy::Prefetch(from + d_.input.plane() + j);
      HWY_ALIGN float line[width];
      if (!inside) {
        copy_columns(from, column, width, line);
        from = line;
      }
      V unused[2];
      hn::LoadInterleaved4(D(), from, to[0], to[1], to[2], to[3]);
      hn::LoadInterleaved4(D(), from + tile_size, to[4], to[5], unused[0], unused[1]);
      for (int j = 0; j < patch_size; ++j) to[j] = take(to[j]);
      if (!inside && d_.mode == Padding::zero) clear_outside(column, to);
    }
  }

  static constexpr int width = tile_size * (static_cast<int>(lanes) + 1);  // columns that are loaded for all tiles
  static constexpr int cache_line = 16;                                    // floats

  // What lies at row[0 .. count), which begins at `column` of the picture, with the padding where it has ended.
  void copy_columns(const float* row, int column, int count, float* to) const {
    const int low = std::clamp(-column, 0, count);
    const int high = std::clamp(d_.input.width - column, low, count);
    const auto padded = [&](int i) {
      const int at = column + i < d_.input.width + d_.padding ? padded_index(column + i, d_.input.width, d_.mode) : -1;
      return at < 0 ? 0.0F : row[at - column];
    };
    for (int i = 0; i < low; ++i) to[i] = padded(i);
    std::memcpy(to + low, row + low, static_cast<std::size_t>(high - low) * sizeof(float));
    for (int i = high; i < count; ++i) to[i] = padded(i);
  }

  // Zero padding is put in after the norm, so it stays zero.
  HWY_INLINE void clear_outside(int column, V* patch) const {
    for (int j = 0; j < patch_size; ++j) {
      const int low = column + j < 0 ? 1 : 0;
      const int high =
          std::clamp((d_.input.width - column - j + tile_size - 1) / tile_size, 0, static_cast<int>(lanes));
      patch[j] = hn::IfThenElseZero(hn::AndNot(hn::FirstN(D(), low), hn::FirstN(D(), high)), patch[j]);
    }
  }

  // Tiles of several rows, or past the last one: row by row.
  template <class Take>
  HWY_NOINLINE void read_apart(const float* x, int tile, const Take& take, V (*patch)[patch_size]) const {
    for (int r = 0; r < patch_size; ++r) {
      // The first four and the next four columns of each patch.
      HWY_ALIGN float values[2][tile_size * lanes] = {};
      HWY_ALIGN float inside[2][tile_size * lanes] = {};
      for (int lane = 0; lane < static_cast<int>(lanes) && tile + lane < tiles_.count();) {
        const int row = (tile + lane) / tiles_.columns() * tile_size - d_.padding;
        const int first = (tile + lane) % tiles_.columns();
        const int count = std::min(tiles_.columns() - first, static_cast<int>(lanes) - lane);
        const int from_row = padded_index(row + r, d_.input.height, d_.mode);
        for (int half = 0; half < 2 && from_row >= 0; ++half) {
          const int column = (first + half) * tile_size - d_.padding;
          const float* from = x + static_cast<std::size_t>(from_row) * d_.input.width + column;
          copy_columns(from, column, count * tile_size, values[half] + lane * tile_size);
          if (d_.mode == Padding::zero) mark_inside(column, count * tile_size, inside[half] + lane * tile_size);
        }
        lane += count;
      }
      V known[patch_size + 2];
      load_patch(values, patch[r]);
      if (d_.mode == Padding::zero) load_patch(inside, known);
      for (int j = 0; j < patch_size; ++j) {
        const V value = take(patch[r][j]);
        patch[r][j] = d_.mode == Padding::zero ? hn::IfThenElseZero(hn::Gt(known[j], hn::Zero(D())), value) : value;
      }
    }
  }

  static HWY_INLINE void load_patch(const float (*values)[tile_size * lanes], V* patch) {
    V unused[2];
    hn::LoadInterleaved4(D(), values[0], patch[0], patch[1], patch[2], patch[3]);
    hn::LoadInterleaved4(D(), values[1], patch[4], patch[5], unused[0], unused[1]);
  }

  void mark_inside(int column, int count, float* to) const {
    const int low = std::clamp(-column, 0, count);
    const int high = std::clamp(d_.input.width - column, low, count);
    std::fill(to + low, to + high, 1.0F);
  }

  Conv2dDesc d_;
  Tiles tiles_;
};

/// B' d B of a vector of patches, element k to `to` + k * step.
HWY_INLINE void transform_patch(const V (*patch)[patch_size], float* to, std::size_t step) {
  V rows[patch_size][patch_size];
  for (int r = 0; r < patch_size; ++r) transform_input(patch[r], rows[r]);
  for (int j = 0; j < patch_size; ++j) {
    V column[patch_size];
    V out[patch_size];
    for (int r = 0; r < patch_size; ++r) column[r] = rows[r][j];
    transform_input(column, out);
    for (int r = 0; r < patch_size; ++r) store(out[r], to + (r * patch_size + j) * step);
  }
}

}  // namespace dipper::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
