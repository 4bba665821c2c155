// SPDX-License-Identifier: Apache-2.0
#include "fit/gaps.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/check.hpp"

namespace dipper {
namespace {

constexpr int most_pieces = 4000;  // laid at once
constexpr int most_tries = 30;     // to find a place that is clear

// Whether pixels are missing here and there, each for itself, rather than in strokes and holes: a pixel whose neighbour
// is missing is then hardly more likely to be so too. Of a few pixels nothing can be said.
bool is_scattered(std::span<const std::uint8_t> missing, int width) {
  constexpr std::size_t few = 25;
  if (missing.size() <= few) return false;
  std::size_t all = 0;
  std::size_t with_neighbour = 0;
  std::size_t in_pairs = 0;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (missing[i] == 0) continue;
    ++all;
    if ((i + 1) % width == 0) continue;
    ++with_neighbour;
    in_pairs += missing[i + 1];
  }
  const double usual = static_cast<double>(all) / static_cast<double>(missing.size());
  const double beside = static_cast<double>(in_pairs) / static_cast<double>(std::max<std::size_t>(1, with_neighbour));
  return beside < usual + 0.25;
}

}  // namespace

Gaps::Gaps(std::span<const float> weights, int height, int width)
    : height_(height), width_(width), missing_(weights.size()) {
  DIPPER_CHECK_EQ(weights.size(), static_cast<std::size_t>(height) * width);
  std::ranges::transform(weights, missing_.begin(), [](float weight) { return weight < 1 ? 1 : 0; });
  known_ = static_cast<std::size_t>(std::ranges::count(missing_, 0));
  if (is_scattered(missing_, width)) return;
  std::vector<std::uint8_t> left = missing_;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      if (left[pixel(row, column)] != 0) pieces_.push_back(take_piece({row, column}, left));
    }
  }
}

void Gaps::cut(int most, int side) {
  std::vector<Piece> parts;
  for (const Piece& piece : pieces_) {
    if (std::max(piece.height, piece.width) <= most) {
      parts.push_back(piece);
      continue;
    }
    const int columns = (piece.width + side - 1) / side;
    std::vector<Piece> tiles(static_cast<std::size_t>((piece.height + side - 1) / side) * columns);
    for (const Place& place : piece.places) {
      Piece& tile = tiles[static_cast<std::size_t>(place.row / side) * columns + place.column / side];
      tile.places.push_back({place.row % side, place.column % side});
      tile.height = std::max(tile.height, place.row % side + 1);
      tile.width = std::max(tile.width, place.column % side + 1);
    }
    for (Piece& tile : tiles) {
      if (!tile.places.empty()) parts.push_back(std::move(tile));
    }
  }
  pieces_ = std::move(parts);
}

void Gaps::lay_on(int height, int width) {
  const int most = std::max(1, std::min(height, width) / 2);
  cut(most, most);
  height_ = height;
  width_ = width;
  missing_.assign(static_cast<std::size_t>(height) * width, 0);
  known_ = missing_.size();
}

// Everything that is left and touches the first place, however far around.
Gaps::Piece Gaps::take_piece(Place first, std::vector<std::uint8_t>& left) const {
  Piece piece;
  Place least = first;
  Place most = first;
  left[pixel(first.row, first.column)] = 0;
  piece.places.push_back(first);
  for (std::size_t n = 0; n < piece.places.size(); ++n) {
    const Place at = piece.places[n];
    least = {std::min(least.row, at.row), std::min(least.column, at.column)};
    most = {std::max(most.row, at.row), std::max(most.column, at.column)};
    for (int row = std::max(0, at.row - 1); row <= std::min(height_ - 1, at.row + 1); ++row) {
      for (int column = std::max(0, at.column - 1); column <= std::min(width_ - 1, at.column + 1); ++column) {
        std::uint8_t& there = left[pixel(row, column)];
        if (there != 0) piece.places.push_back({row, column});
        there = 0;
      }
    }
  }
  for (Place& place : piece.places) place = {place.row - least.row, place.column - least.column};
  piece.height = most.row - least.row + 1;
  piece.width = most.column - least.column + 1;
  return piece;
}

std::vector<std::uint32_t> Gaps::lay_single(const Philox& random, int step, double share) const {
  std::vector<std::uint32_t> covered(missing_.size());
  std::array<float, 1024> numbers;
  std::uint32_t count = 0;
  for (std::size_t begin = 0; begin < covered.size(); begin += numbers.size()) {
    const std::size_t size = std::min(numbers.size(), covered.size() - begin);
    random.uniforms(static_cast<std::uint64_t>(step), begin, std::span(numbers).first(size));
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint32_t is_covered = numbers[i] < static_cast<float>(share) ? 1 : 0;
      count += is_covered;
      covered[begin + i] = is_covered * count;  // no branch, which nobody could foretell
    }
  }
  return covered;
}

std::vector<std::uint32_t> Gaps::lay(const Philox& random, int step, double share, bool apart) const {
  if (single()) return lay_single(random, step, share);
  const auto draw_step = static_cast<std::uint64_t>(step);
  std::vector<std::uint32_t> covered(missing_.size());
  const auto enough = static_cast<std::size_t>(share * static_cast<double>(known_));
  const auto room = [](int piece, int picture) { return 2 * piece > picture ? picture : picture - piece + 1; };
  std::vector<std::size_t> pixels;
  std::size_t count = 0;
  for (std::uint32_t n = 0; n < most_pieces && count < enough; ++n) {
    std::uint64_t index = std::uint64_t{n} * (2 * most_tries + 2);
    const auto draw = [&](int choices) { return random.below(choices, draw_step, index++); };
    const Piece& piece = pieces_[draw(static_cast<int>(pieces_.size()))];
    const bool mirrored = draw(2) == 1;
    bool clear = false;
    for (int attempt = 0; attempt < (apart ? most_tries : 1) && !clear; ++attempt) {
      const int top = draw(room(piece.height, height_));
      const int left = draw(room(piece.width, width_));
      pixels.clear();
      // A remainder would take longer than all else.
      const auto wrapped = [](int at, int size) { return at < size ? at : at - size; };
      for (const Place& place : piece.places) {
        const int column = mirrored ? piece.width - 1 - place.column : place.column;
        pixels.push_back(pixel(wrapped(top + place.row, height_), wrapped(left + column, width_)));
      }
      clear = std::ranges::none_of(pixels, [&](std::size_t i) { return missing_[i] != 0 || covered[i] != 0; });
    }
    for (const std::size_t i : pixels) {
      count += covered[i] == 0 && missing_[i] == 0 ? 1 : 0;
      covered[i] = n + 1;
    }
  }
  return covered;
}

std::size_t Gaps::bytes() const {
  return std::transform_reduce(pieces_.begin(), pieces_.end(), missing_.size(), std::plus<>(),
                               [](const Piece& piece) { return sizeof(Piece) + piece.places.size() * sizeof(Place); });
}

}  // namespace dipper
