// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "kernels/cuda/blocks.cuh"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/mma.cuh"
#include "kernels/desc.hpp"

/// What convolutions and their gradients are made of: sums over a list of taps, each a displacement and a matrix of
/// weights from input to output channels.
namespace dipper::cuda {

constexpr int most_taps = most_kernel * most_kernel;

/// The taps of a kernel, in up to four groups: outputs are cut into phases by what is left of their row and column over
/// 2, and each phase sees taps of its own.
struct Taps {
  int begin[5] = {};    // of each phase
  int low_row[4] = {};  // the least displacement in a phase
  int low_column[4] = {};
  signed char row[most_taps] = {};  // displacement from the least one
  signed char column[most_taps] = {};
  signed char index[most_taps] = {};  // row by row in the kernel
};

/// y[n](i, j) = bias[n] + sum over taps and k of x[k](i stride + row, j stride + column) w[tap][k][n].
struct Correlation {
  Taps taps;
  int phases = 1;  // 1, or 4: y's pixel (i, j) of phase (a, b) is (2 i + a, 2 j + b)
  int kernel_area = 1;
  int in_channels = 1;
  int in_height = 1;
  int in_width = 1;
  bool reflects = false;  // x outside of its picture; 0 otherwise
  int stride = 1;
  int out_channels = 1;
  int out_height = 1;  // of what is walked over
  int out_width = 1;
  int border = 0;  // that much of it on each side is no part of y and goes to `around`
};

/// The shape of a thread block's work, found when a layer is made.
struct CorrelationTile {
  bool by_warpgroup = false;  // products by Hopper's instructions, not by those of single warps
  int pixels = 128;           // 128 or 64, in rows of 2^column_bits
  int column_bits = 4;
  int channels = 8;  // of the output: 8 to 128
  int tiles_down = 1;
  int tiles_across = 1;
  int patch_rows = 1;
  int patch_columns = 1;        // of one parity when the stride is 2
  short moved[most_taps] = {};  // where a tap's pixels begin in the patch
  int stages = 2;               // of pairs of blocks of input channels, that are here or on their way
  int splits = 1;               // thread blocks, a cluster, that share out those pairs
  int before_barriers = 0;      // pieces of shared memory, for the stages or a cluster's sums
  std::size_t shared = 0;       // bytes
};

[[nodiscard]] Correlation forward_correlation(const Conv2dDesc& desc);
/// From the output's gradient to the input's. With reflection it walks over the padded input.
[[nodiscard]] Correlation adjoint_correlation(const Conv2dDesc& desc);

/// The BatchNorm that reads what a correlation writes, and memory for its statistics.
struct NormOperands {
  float* saved = nullptr;  // as BatchNormDesc says; null: nobody asks
  const float* theta = nullptr;
  double epsilon = 0;
  float2* partials = nullptr;   // Correlator::statistics_size() floats
  unsigned* arrived = nullptr;  // Correlator::statistics_counters() of them, 0 before and after
};

struct CorrelationOperands {
  const float* x = nullptr;
  Normaliser normalise{};
  const Piece* weights = nullptr;  // packed
  const float* bias = nullptr;     // null: 0
  float* y = nullptr;
  bool accumulate = false;
  float* around = nullptr;  // as large as what is walked over; only its border is written
  NormOperands norm{};
};

class Correlator {
 public:
  Correlator(const Correlation& correlation, const Context& context);

  void run(const CorrelationOperands& at) const;

  /// Of the weights as it wants them: [output tile][two blocks of input channels][tap][block][output channel].
  [[nodiscard]] std::size_t packed_pieces() const;
  [[nodiscard]] std::size_t statistics_size() const;
  [[nodiscard]] int statistics_counters() const;
  [[nodiscard]] int in_pairs() const;  // of blocks of input channels
  [[nodiscard]] const CorrelationTile& tile() const { return tile_; }
  [[nodiscard]] const Correlation& correlation() const { return c_; }

 private:
  [[nodiscard]] int channel_parts() const;
  [[nodiscard]] int blocks_of_part() const;

  Correlation c_;
  const Device* device_;
  Precision precision_;
  CorrelationTile tile_;
};

/// dw[m][n][tap] = sum over pixels of a[m](i, j) b[n](i stride + row, j stride + column), and of a[m] alone: the
/// bias's.
class WeightGradient {
 public:
  /// a: the output's gradient, b: the input of that convolution; for a transposed one it is the other way round.
  WeightGradient(const Conv2dDesc& desc, bool with_bias, const Context& context);

  struct Operands {
    const float* a = nullptr;
    Normaliser normalise_a{};
    const float* b = nullptr;
    Normaliser normalise_b{};
    float* scratch = nullptr;  // scratch_size() floats
    float* dw = nullptr;
    float* dbias = nullptr;
  };
  void run(const Operands& at) const;
  [[nodiscard]] std::size_t scratch_size() const;

  /// How the work is cut.
  struct Cut {
    bool by_warpgroup = false;  // products by Hopper's instructions, not by those of single warps
    int taps_at_once = 1;       // 1, 5, 9 or 25
    int pixels = 128;           // of a in a tile
    int b_tiles = 1;            // of 8 channels of b in a thread block
    int a_tiles = 1;            // of 16 channels of a in a warp: 1 or 2
    int warps_along_a = 1;      // the others share the pixels
    int groups = 1;             // of taps
    int a_parts = 1;
    int b_parts = 1;
    int slices = 1;  // of the pixels
    int tiles_down = 1;
    int tiles_across = 1;
    int tile_rows = 1;
    int tile_columns = 1;
    int patch_rows = 1;
    int patch_columns = 1;
    int patch_stride = 1;  // pieces from one block of the patch to the next
    int a_stride = 1;      // and of a's tile
    std::size_t shared = 0;
  };

 private:
  Conv2dDesc d_;
  bool with_bias_;
  const Device* device_;
  Precision precision_;
  Cut cut_;
};

}  // namespace dipper::cuda
