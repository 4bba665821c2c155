// SPDX-License-Identifier: Apache-2.0
#include "classic/nearest.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace dipper {
namespace {

// In every column, for each pixel the row of the nearest marked one, the upper of two; -1 where a column has none.
std::vector<int> nearest_in_columns(std::span<const std::uint8_t> marked, int width, int height) {
  std::vector<int> rows(marked.size(), -1);
  const auto at = [&](int x, int y) { return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + x; };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (marked[at(x, y)] != 0) {
        rows[at(x, y)] = y;
      } else if (y > 0) {
        rows[at(x, y)] = rows[at(x, y - 1)];
      }
    }
  }
  for (int y = height - 2; y >= 0; --y) {
    for (int x = 0; x < width; ++x) {
      const int above = rows[at(x, y)];
      const int below = rows[at(x, y + 1)];
      if (below >= 0 && (above < 0 || below - y < y - above)) rows[at(x, y)] = below;
    }
  }
  return rows;
}

// One row: of the columns' nearest pixels the nearest. The squared distances to them are parabolas in x, one for each
// column, whose lower envelope is built from left to right as the stack of those that are part of it.
class Row {
 public:
  explicit Row(int width)
      : width_(width), column_(static_cast<std::size_t>(width)), from_(column_.size()), nearest_(column_.size()) {}

  // Writes indices over the rows of the nearest pixels in each column.
  void solve(std::span<int> rows, int y) {
    parts_ = 0;
    for (int x = 0; x < width_; ++x) {
      if (rows[static_cast<std::size_t>(x)] >= 0) push(rows, x, y);
    }
    if (parts_ == 0) return;
    std::size_t part = 0;
    for (int x = 0; x < width_; ++x) {
      while (part + 1 < parts_ && from_[part + 1] <= x) ++part;
      const int column = column_[part];
      nearest_[static_cast<std::size_t>(x)] = rows[static_cast<std::size_t>(column)] * width_ + column;
    }
    std::copy(nearest_.begin(), nearest_.end(), rows.begin());
  }

 private:
  static std::int64_t height(std::span<const int> rows, int column, int y) {
    const std::int64_t distance = rows[static_cast<std::size_t>(column)] - y;
    return distance * distance;
  }

  // The first x at which the parabola of column b, right of a, lies below that of a.
  static std::int64_t crossing(std::span<const int> rows, int a, int b, int y) {
    const std::int64_t rise = height(rows, b, y) - height(rows, a, y) + std::int64_t{b} * b - std::int64_t{a} * a;
    const std::int64_t run = 2 * (std::int64_t{b} - a);
    const std::int64_t quotient = rise / run - (rise % run < 0 ? 1 : 0);  // rounded down
    return quotient + 1;
  }

  void push(std::span<const int> rows, int x, int y) {
    std::int64_t from = 0;
    while (parts_ > 0) {
      from = crossing(rows, column_[parts_ - 1], x, y);
      if (from > from_[parts_ - 1]) break;
      --parts_;  // the new one is below wherever the last was
    }
    if (parts_ == 0) from = 0;
    if (from >= width_) return;
    column_[parts_] = x;
    from_[parts_] = static_cast<int>(from);
    ++parts_;
  }

  int width_;
  std::vector<int> column_;  // of each part of the envelope
  std::vector<int> from_;    // its first x
  std::size_t parts_ = 0;
  std::vector<int> nearest_;
};

}  // namespace

std::vector<int> nearest_marked(std::span<const std::uint8_t> marked, int width, int height) {
  DIPPER_CHECK_EQ(marked.size(), static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::vector<int> nearest = nearest_in_columns(marked, width, height);
  Row row(width);
  for (int y = 0; y < height; ++y) {
    row.solve(std::span(nearest).subspan(static_cast<std::size_t>(y) * static_cast<std::size_t>(width),
                                         static_cast<std::size_t>(width)),
              y);
  }
  return nearest;
}

std::int64_t squared_distance(int a, int b, int width) {
  const std::int64_t dx = a % width - b % width;
  const std::int64_t dy = a / width - b / width;
  return dx * dx + dy * dy;
}

}  // namespace dipper
