// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/desc.hpp"

namespace dipper {

/// How what was observed came from the picture that is wanted: y = A x, a fixed filter of every channel with a stride
/// (fewer pixels, blur). y[c][i][j] = sum over u, v of kernel[u][v] x[c][i stride + first_row + u][j stride +
/// first_column + v].
struct LinearOperator {
  FilterKernel kernel{};
  int stride = 1;
  int first_row = 0;     // where the window of observed pixel (0, 0) begins in x
  int first_column = 0;  // may be negative
  int height = 0;        // of x
  int width = 0;
  bool reads_beyond = false;  // x goes on outside the picture and is fitted there too; else its edge repeats
};

/// How far beyond the picture the operator reads on each side: what a canvas has to have around it.
[[nodiscard]] int reach(const LinearOperator& op);

/// The operator as a layer: from a canvas, which shows x at `picture`, to `observed`.
[[nodiscard]] FilterDesc filter_on(const LinearOperator& op, const Shape& canvas, const Window& picture,
                                   const Shape& observed);

}  // namespace dipper
