// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "emulated_cuda/emulator.hpp"
#include "kernels/cuda/blocks.cuh"

/// In place of the header of this name in src, which describes each function: the same on the emulated device.
namespace dipper::cuda {

inline Piece* dynamic_shared() {
  return static_cast<Piece*>(emulated::dynamic_shared());
}

namespace emulation {

inline void check_generation() {
  if (!emulated::has_warpgroups()) emulated::fail("an instruction that only a Hopper has");
}

constexpr int rows_of_matrix = 8;
constexpr int warp = emulated::warp_size;

/// Number i of what lies there, as a float.
template <Arithmetic arithmetic>
float element(const Piece* piece, int i) {
  if constexpr (is_narrow<arithmetic>) {
    return Storage<arithmetic>{reinterpret_cast<const std::uint16_t*>(piece)[i]};
  } else {
    return __uint_as_float(reinterpret_cast<const std::uint32_t*>(piece)[i] & 0xFFFFE000U);  // as the tensor cores do
  }
}
template <Arithmetic arithmetic>
float element(std::uint32_t word, int i) {
  Piece piece{word, 0, 0, 0};
  return element<arithmetic>(&piece, i);
}

/// Of a warp's 16 rows of a result each lane has pairs of columns, of rows lane / 4 and 8 further.
template <int n, int k>
struct Product {
  float a[16][k];
  float b[k][n];

  void add_to(float (*const (&c)[warp])[4]) const {
    for (int row = 0; row < 16; ++row) {
      float sums[n];
      for (int column = 0; column < n; ++column) sums[column] = place(c, row, column);
      for (int i = 0; i < k; ++i) {
        for (int column = 0; column < n; ++column) sums[column] += a[row][i] * b[i][column];
      }
      for (int column = 0; column < n; ++column) place(c, row, column) = sums[column];
    }
  }
  static float& place(float (*const (&c)[warp])[4], int row, int column) {
    return c[row % 8 * 4 + column % 8 / 2][column / 8][row / 8 * 2 + column % 2];
  }
};

/// What a lane's words have of the rows of a.
template <Arithmetic arithmetic, int k>
void set_a(float (&a)[16][k], int lane, const std::uint32_t (&words)[4]) {
  constexpr int per_word = k / 8;
  for (int i = 0; i < 4; ++i) {
    for (int e = 0; e < per_word; ++e) {
      a[lane / 4 + i % 2 * 8][i / 2 * k / 2 + lane % 4 * per_word + e] = element<arithmetic>(words[i], e);
    }
  }
}

struct MatricesOfWarp {
  std::uint32_t* to;
  const Piece* row;
};

template <bool transposed>
void load_matrices(void* const* all) {
  for (int lane = 0; lane < warp; ++lane) {
    for (int matrix = 0; matrix < 4; ++matrix) {
      const auto row = [&](int n) {
        return reinterpret_cast<const std::uint16_t*>(
            static_cast<const MatricesOfWarp*>(all[matrix * rows_of_matrix + n])->row);
      };
      const int major = lane / 4;
      const int minor = lane % 4 * 2;
      const std::uint32_t low = transposed ? row(minor)[major] : row(major)[minor];
      const std::uint32_t high = transposed ? row(minor + 1)[major] : row(major)[minor + 1];
      static_cast<const MatricesOfWarp*>(all[lane])->to[matrix] = low | high << 16;
    }
  }
}

struct FactorsOfWarp {
  float (*c)[4];
  const std::uint32_t (*a)[4];
  const std::uint32_t (*b)[2];
};

template <Arithmetic arithmetic>
void multiply(void* const* all) {
  constexpr int k = is_narrow<arithmetic> ? 16 : 8;
  Product<8, k> product;
  float(*c[warp])[4];
  for (int lane = 0; lane < warp; ++lane) {
    const auto& factors = *static_cast<const FactorsOfWarp*>(all[lane]);
    c[lane] = factors.c;
    set_a<arithmetic>(product.a, lane, *factors.a);
    constexpr int per_word = k / 8;
    for (int i = 0; i < 2; ++i) {
      for (int e = 0; e < per_word; ++e) {
        product.b[i * k / 2 + lane % 4 * per_word + e][lane / 4] = element<arithmetic>((*factors.b)[i], e);
      }
    }
  }
  product.add_to(c);
}

/// See matrix_at().
struct Matrix {
  const Piece* first;
  int along_k;
  int along_rows;

  explicit Matrix(std::uint64_t word)
      : first(dynamic_shared() + (word & 0x3FFFU)),
        along_k(static_cast<int>(word >> 16 & 0x3FFFU)),
        along_rows(static_cast<int>(word >> 32 & 0x3FFFU)) {}

  /// Of a matrix whose rows lie along pieces.
  template <Arithmetic arithmetic>
  [[nodiscard]] float at(int row, int k) const {
    constexpr int of_piece = is_narrow<arithmetic> ? 8 : 4;
    return element<arithmetic>(first + k / of_piece * along_k + row / 8 * along_rows + row % 8, k % of_piece);
  }
  /// Of one whose columns do.
  template <Arithmetic arithmetic>
  [[nodiscard]] float transposed_at(int row, int k) const {
    return element<arithmetic>(first + k / 8 * along_k + row / 8 * along_rows + k % 8, row % 8);
  }
};

struct FactorsOfWarpgroup {
  float (*c)[4];
  const std::uint32_t (*a_words)[4];
  std::uint64_t a;
  std::uint64_t b;
};

/// The tensor cores read shared memory when the product is done.
template <Arithmetic arithmetic, int n, bool transposed>
struct Deferred {
  static constexpr int k = is_narrow<arithmetic> ? 16 : 8;
  float (*c[warp])[4];
  int first_row;
  std::uint64_t a;
  std::uint64_t b;
  float a_of_words[16][k];

  void operator()() const {
    Product<n, k> product;
    const Matrix b_matrix(b);
    for (int i = 0; i < k; ++i) {
      for (int column = 0; column < n; ++column) {
        product.b[i][column] = transposed ? b_matrix.template transposed_at<arithmetic>(column, i)
                                          : b_matrix.template at<arithmetic>(column, i);
      }
      for (int row = 0; row < 16; ++row) {
        product.a[row][i] = transposed ? a_of_words[row][i] : Matrix(a).template at<arithmetic>(first_row + row, i);
      }
    }
    product.add_to(c);
  }
};

template <Arithmetic arithmetic, int n, bool transposed>
void multiply_by_warpgroup(void* const* all) {
  Deferred<arithmetic, n, transposed> work{};
  const auto& first = *static_cast<const FactorsOfWarpgroup*>(all[0]);
  work.first_row = static_cast<int>(threadIdx.x) / warp % 4 * 16;
  work.a = first.a;
  work.b = first.b;
  for (int lane = 0; lane < warp; ++lane) {
    const auto& factors = *static_cast<const FactorsOfWarpgroup*>(all[lane]);
    if (factors.a != first.a || factors.b != first.b) emulated::fail("lanes of a warpgroup have different matrices");
    work.c[lane] = factors.c;
    if constexpr (transposed) set_a<arithmetic>(work.a_of_words, lane, *factors.a_words);
  }
  emulated::multiply(work);
}

}  // namespace emulation

inline void load_matrices(std::uint32_t (&to)[4], const Piece* row) {
  static constexpr char what[] = "ldmatrix";
  emulation::MatricesOfWarp mine{to, row};
  emulated::meet_warp(what, &mine, emulation::load_matrices<false>);
}

inline void load_matrices_transposed(std::uint32_t (&to)[4], const Piece* row) {
  static constexpr char what[] = "ldmatrix.trans";
  emulation::MatricesOfWarp mine{to, row};
  emulated::meet_warp(what, &mine, emulation::load_matrices<true>);
}

inline void copy_piece(Piece* to, const Piece* from, bool zero) {
  emulated::start_copy({to, zero ? nullptr : from, sizeof(Piece)});
}

inline void end_of_copies() {
  emulated::end_copies();
}

template <int pending>
void wait_for_copies() {
  emulated::wait_for_copies(pending);
}

// To the nearest, ties away from zero.
inline std::uint32_t rounded_to_tf32(float value) {
  const std::uint32_t word = __float_as_uint(value);
  if (!std::isfinite(value)) return word;
  return (word + 0x1000U) & 0xFFFFE000U;
}

template <Arithmetic arithmetic>
void multiply(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  static constexpr char what[] = "mma";
  emulation::FactorsOfWarp mine{&c, &a, &b};
  emulated::meet_warp(what, &mine, emulation::multiply<arithmetic>);
}

inline std::uint64_t matrix_at(const Piece* first, int along_k, int along_rows) {
  return emulated::shared_offset(first) >> 4 | static_cast<std::uint64_t>(along_k) << 16 |
         static_cast<std::uint64_t>(along_rows) << 32;
}

inline void publish_to_tensor_cores() {
  emulated::publish();
}

inline void begin_products() {
  static constexpr char what[] = "wgmma.fence";
  emulation::check_generation();
  emulated::meet_warp(what, nullptr, [](void* const* /*all*/) { emulated::begin_products(); });
}

inline void commit_products() {
  static constexpr char what[] = "wgmma.commit_group";
  emulated::meet_warp(what, nullptr, [](void* const* /*all*/) { emulated::commit_products(); });
}

inline void wait_for_products() {
  static constexpr char what[] = "wgmma.wait_group";
  emulated::meet_warp(what, nullptr, [](void* const* /*all*/) { emulated::finish_products(); });
}

inline void make_barrier(std::uint64_t* barrier) {
  emulation::check_generation();
  emulated::make_barrier(barrier);
}

inline void expect_bytes(std::uint64_t* barrier, int bytes) {
  emulated::expect_bytes(barrier, bytes);
}

inline void copy_bulk(Piece* to, const Piece* from, int bytes, std::uint64_t* barrier) {
  emulated::start_copy({to, from, static_cast<std::size_t>(bytes)}, barrier);
}

inline void wait_for_phase(std::uint64_t* barrier, int phase) {
  emulated::wait_for_phase(barrier, phase);
}

inline void meet_cluster() {
  emulation::check_generation();
  emulated::meet_cluster();
}

inline float read_cluster(const float* at, int rank) {
  return *static_cast<const float*>(emulated::of_rank(at, rank));
}

template <Arithmetic arithmetic, int n>
void multiply_shared(float (&c)[n / 8][4], std::uint64_t a, std::uint64_t b) {
  static constexpr char what[] = "wgmma";
  emulation::FactorsOfWarpgroup mine{c, nullptr, a, b};
  emulated::meet_warp(what, &mine, emulation::multiply_by_warpgroup<arithmetic, n, false>);
}

template <Arithmetic arithmetic, int n>
void multiply_transposed(float (&c)[n / 8][4], const std::uint32_t (&a)[4], std::uint64_t b) {
  static constexpr char what[] = "wgmma of registers";
  emulation::FactorsOfWarpgroup mine{c, &a, 0, b};
  emulated::meet_warp(what, &mine, emulation::multiply_by_warpgroup<arithmetic, n, true>);
}

}  // namespace dipper::cuda
