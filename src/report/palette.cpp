// SPDX-License-Identifier: Apache-2.0
#include "report/palette.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

#include "base/check.hpp"

namespace dipper {
namespace {

constexpr int lloyd_rounds = 3;

// Sums over pixels, from which the mean and the squared error follow.
struct Moments {
  double count = 0;
  std::array<double, 3> sum{};
  std::array<double, 3> squares{};

  void add(const Moments& other) {
    count += other.count;
    for (std::size_t c = 0; c < 3; ++c) {
      sum[c] += other.sum[c];
      squares[c] += other.squares[c];
    }
  }

  [[nodiscard]] double mean(std::size_t channel) const { return sum[channel] / count; }
  [[nodiscard]] double error(std::size_t channel) const {
    return squares[channel] - sum[channel] * sum[channel] / count;
  }
  [[nodiscard]] double error() const { return error(0) + error(1) + error(2); }
  [[nodiscard]] Colour colour() const {
    Colour out{};
    for (std::size_t c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(std::lround(mean(c)));
    return out;
  }
};

// The pixels in cells of 8x8x8 colours; only cells that have any.
std::vector<Moments> histogram(std::span<const std::uint8_t> rgb) {
  std::vector<Moments> cells(std::size_t{1} << 15);
  for (std::size_t i = 0; i + 2 < rgb.size(); i += 3) {
    Moments& cell = cells[(rgb[i] / 8U * 32U + rgb[i + 1] / 8U) * 32U + rgb[i + 2] / 8U];
    cell.count += 1;
    for (std::size_t c = 0; c < 3; ++c) {
      cell.sum[c] += rgb[i + c];
      cell.squares[c] += static_cast<double>(rgb[i + c]) * rgb[i + c];
    }
  }
  std::erase_if(cells, [](const Moments& cell) { return cell.count == 0; });
  return cells;
}

// A range of cells.
struct Box {
  std::span<Moments> cells;
  Moments total;

  explicit Box(std::span<Moments> range) : cells(range) {
    for (const Moments& cell : cells) total.add(cell);
  }
  [[nodiscard]] double gain() const { return cells.size() > 1 ? total.error() : 0; }
};

// Where to cut the box so that the halves' squared errors are least, its cells sorted along the axis they vary most on.
std::size_t best_cut(Box& box) {
  std::size_t axis = 0;
  for (std::size_t c = 1; c < 3; ++c) axis = box.total.error(c) > box.total.error(axis) ? c : axis;
  std::sort(box.cells.begin(), box.cells.end(),
            [axis](const Moments& a, const Moments& b) { return a.mean(axis) < b.mean(axis); });
  std::size_t cut = 1;
  double most = -1;
  double count = 0;
  double sum = 0;
  for (std::size_t i = 0; i + 1 < box.cells.size(); ++i) {
    count += box.cells[i].count;
    sum += box.cells[i].sum[axis];
    const double rest = box.total.sum[axis] - sum;
    const double explained = sum * sum / count + rest * rest / (box.total.count - count);
    if (explained > most) {
      most = explained;
      cut = i + 1;
    }
  }
  return cut;
}

std::vector<Colour> cut_boxes(std::vector<Moments>& cells, std::size_t count) {
  std::vector<Box> boxes = {Box(cells)};
  while (boxes.size() < count) {
    const auto worst =
        std::max_element(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.gain() < b.gain(); });
    if (worst->gain() <= 0) break;
    const std::size_t cut = best_cut(*worst);
    const Box right(worst->cells.subspan(cut));
    *worst = Box(worst->cells.first(cut));
    boxes.push_back(right);
  }
  std::vector<Colour> palette;
  palette.reserve(boxes.size());
  for (const Box& box : boxes) palette.push_back(box.total.colour());
  return palette;
}

std::size_t nearest_to(const Moments& cell, std::span<const Colour> palette) {
  const std::array<double, 3> mean = {cell.mean(0), cell.mean(1), cell.mean(2)};
  std::size_t best = 0;
  double least = 1e30;
  for (std::size_t i = 0; i < palette.size(); ++i) {
    double distance = 0;
    for (std::size_t c = 0; c < 3; ++c) distance += (mean[c] - palette[i][c]) * (mean[c] - palette[i][c]);
    if (distance < least) {
      least = distance;
      best = i;
    }
  }
  return best;
}

void move_to_means(std::span<const Moments> cells, std::vector<Colour>& palette) {
  std::vector<Moments> taken(palette.size());
  for (const Moments& cell : cells) taken[nearest_to(cell, palette)].add(cell);
  for (std::size_t i = 0; i < palette.size(); ++i) {
    if (taken[i].count > 0) palette[i] = taken[i].colour();
  }
}

}  // namespace

std::vector<Colour> make_palette(std::span<const std::uint8_t> rgb, int count) {
  DIPPER_CHECK(!rgb.empty() && count >= 1 && count <= 256);
  std::vector<Moments> cells = histogram(rgb);
  std::vector<Colour> palette = cut_boxes(cells, static_cast<std::size_t>(count));
  for (int round = 0; round < lloyd_rounds; ++round) move_to_means(cells, palette);
  return palette;
}

}  // namespace dipper
