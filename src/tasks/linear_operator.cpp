// SPDX-License-Identifier: Apache-2.0
#include "tasks/linear_operator.hpp"

#include <algorithm>

namespace dipper {

int reach(const LinearOperator& op) {
  if (!op.reads_beyond) return 0;
  return std::max(
      {-op.first_row, -op.first_column, op.first_row + op.kernel.rows - 1, op.first_column + op.kernel.columns - 1, 0});
}

FilterDesc filter_on(const LinearOperator& op, const Shape& canvas, const Window& picture, const Shape& observed) {
  FilterDesc desc{.input = canvas,
                  .kernel = op.kernel,
                  .stride = op.stride,
                  .window = picture,
                  .out_height = observed.height,
                  .out_width = observed.width,
                  .first_row = op.first_row,
                  .first_column = op.first_column};
  if (op.reads_beyond) {
    desc.window = {0, 0, canvas.height, canvas.width};
    desc.first_row += picture.top;
    desc.first_column += picture.left;
  }
  return desc;
}

}  // namespace dipper
