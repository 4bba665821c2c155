// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace dipper {

/// A fixed filter, the same for every channel; FilterDesc has the formula. Of x it sees the window alone, whose edges
/// are repeated.
struct FilterOptions {
  FilterKernel kernel{};
  int stride = 1;
  std::optional<Window> window{};  // all of x when it is not given
  int out_height = 1;
  int out_width = 1;
  int first_row = 0;
  int first_column = 0;
};
Tensor filter(Graph& graph, Tensor x, const FilterOptions& options, const std::string& name);

/// The means of factor x factor pixels, without overlap: width and height divided by `factor`, rounded down.
Tensor average_pool(Graph& graph, Tensor x, int factor, const std::string& name);

/// Width and height divided by `factor`, rounded down, with the same taps along rows and columns: output (i, j) begins
/// to read at row factor * i + first and column factor * j + first. The edges of x are repeated.
Tensor downsample(Graph& graph, Tensor x, int factor, const std::vector<float>& taps, int first,
                  const std::string& name);

}  // namespace dipper
