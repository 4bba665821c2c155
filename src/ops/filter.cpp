// SPDX-License-Identifier: Apache-2.0
#include "ops/filter.hpp"

#include "base/check.hpp"

namespace dipper {

Tensor filter(Graph& graph, Tensor x, const FilterOptions& options, const std::string& name) {
  const Shape shape = graph.shape(x);
  const FilterKernel& kernel = options.kernel;
  const Window window = options.window.value_or(Window{0, 0, shape.height, shape.width});
  DIPPER_CHECK(kernel.rows > 0 && kernel.columns > 0 && options.stride > 0);
  DIPPER_CHECK_EQ(kernel.weights.size(), static_cast<std::size_t>(kernel.rows) * kernel.columns);
  DIPPER_CHECK(window.top >= 0 && window.height > 0 && window.top + window.height <= shape.height);
  DIPPER_CHECK(window.left >= 0 && window.width > 0 && window.left + window.width <= shape.width);
  DIPPER_CHECK(options.out_height > 0 && options.out_width > 0);
  const FilterDesc desc{.input = shape,
                        .kernel = kernel,
                        .stride = options.stride,
                        .window = window,
                        .out_height = options.out_height,
                        .out_width = options.out_width,
                        .first_row = options.first_row,
                        .first_column = options.first_column};
  return graph.add(name, desc, {x});
}

Tensor average_pool(Graph& graph, Tensor x, int factor, const std::string& name) {
  return downsample(graph, x, factor, std::vector<float>(factor, 1 / static_cast<float>(factor)), 0, name);
}

Tensor downsample(Graph& graph, Tensor x, int factor, const std::vector<float>& taps, int first,
                  const std::string& name) {
  const Shape shape = graph.shape(x);
  const int size = static_cast<int>(taps.size());
  FilterKernel kernel{.rows = size, .columns = size, .weights = {}};
  for (const float row : taps) {
    for (const float column : taps) kernel.weights.push_back(row * column);
  }
  return filter(graph, x,
                {.kernel = kernel,
                 .stride = factor,
                 .out_height = shape.height / factor,
                 .out_width = shape.width / factor,
                 .first_row = first,
                 .first_column = first},
                name);
}

}  // namespace dipper
