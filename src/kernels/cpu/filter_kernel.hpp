// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "kernels/desc.hpp"

namespace dipper::cpu {

/// A kernel as a column times a row: kernel[u][v] = column[u] * row[v].
struct KernelFactors {
  std::vector<float> column;
  std::vector<float> row;
};

/// The factors, if the kernel has them but for rounding to float32: then they are the row and the column of its largest
/// weight, divided by that once.
inline std::optional<KernelFactors> factor(const FilterKernel& kernel) {
  const auto columns = static_cast<std::size_t>(kernel.columns);
  const std::vector<float>& w = kernel.weights;
  const auto larger = [](float a, float b) { return std::abs(a) < std::abs(b); };
  const auto at = static_cast<std::size_t>(std::max_element(w.begin(), w.end(), larger) - w.begin());
  const double largest = w[at] == 0 ? 1 : w[at];
  KernelFactors factors;
  for (int u = 0; u < kernel.rows; ++u) {
    factors.column.push_back(static_cast<float>(w[u * columns + at % columns] / largest));
  }
  for (std::size_t v = 0; v < columns; ++v) factors.row.push_back(w[at / columns * columns + v]);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double product = static_cast<double>(factors.column[i / columns]) * factors.row[i % columns];
    if (std::abs(product - w[i]) > 3e-7 * std::abs(largest)) return std::nullopt;
  }
  return factors;
}

}  // namespace dipper::cpu
