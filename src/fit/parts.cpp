// SPDX-License-Identifier: Apache-2.0
#include "fit/parts.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"
#include "base/philox.hpp"

namespace dipper {
namespace {

constexpr int overlap = 32;           // of neighbouring parts, at least
constexpr int fewest_rounds = 3;      // in fewer, more would be hidden at once than the network is used to
constexpr int first_drawn = 1 << 30;  // beyond all steps: what is hidden when the picture is drawn

// Where parts begin along one side, which they cover evenly.
std::vector<int> starts(int length, int part) {
  if (length <= part) return {0};
  const int gaps = (length - part + part - overlap - 1) / (part - overlap);
  std::vector<int> places;
  for (int n = 0; n <= gaps; ++n) {
    places.push_back(static_cast<int>(static_cast<std::int64_t>(length - part) * n / gaps));
  }
  return places;
}

// How far a part's pixel counts where others overlap it, by its distance from both ends.
float ramp(int i, int length) {
  return static_cast<float>(std::min({i + 1, length - i, overlap})) / overlap;
}

Gaps gaps_on(const Shape& part, std::span<const std::uint8_t> known, const Shape& picture) {
  Gaps gaps(std::vector<float>(known.begin(), known.end()), picture.height, picture.width);
  gaps.lay_on(part.height, part.width);
  return gaps;
}

}  // namespace

/// What the network told of the picture so far.
struct Parts::Told {
  std::span<float> sum;             // [channel][row][column]
  std::vector<float> weight;        // [row][column]
  Place place{};                    // of the part that it sees
  std::vector<float> values;        // of this part's canvas, summed over rounds
  std::vector<std::uint8_t> count;  // of these
};

Parts::Parts(const Recipe& recipe, std::uint64_t seed, Backend& backend, std::span<const float> values,
             std::span<const float> weights, const Shape& shape, std::vector<std::uint8_t> known,
             const Hiding::Tensors& tensors, Buffer& x)
    : seed_(seed),
      values_(values),
      weights_(weights),
      shape_(shape),
      layout_(shape_for(shape), 0, recipe),
      known_(std::move(known)),
      learned_(layout_.canvas.plane()),
      x_(&x),
      hiding_(recipe, seed, backend, layout_.canvas, layout_.window(), tensors,
              gaps_on(layout_.picture, known_, shape)) {
  DIPPER_CHECK_EQ(values.size(), shape.size());
  DIPPER_CHECK_EQ(weights.size(), shape.plane());
  damaged_ = damaged_places();
}

Shape Parts::shape_for(const Shape& picture) {
  return {picture.channels, std::min(part_side, picture.height), std::min(part_side, picture.width)};
}

// Anywhere; in every second step where pixels are missing, if there are any.
Parts::Place Parts::place_of(int step) const {
  const Philox random{seed_, Stream::crops};
  std::uint64_t index = 0;
  const auto draw = [&](int choices) { return random.below(choices, static_cast<std::uint64_t>(step), index++); };
  constexpr int most_tries = 16;
  for (int n = 0; n < most_tries; ++n) {
    const Place place =
        step % 2 == 1 && !damaged_.empty()
            ? damaged_[static_cast<std::size_t>(draw(static_cast<int>(damaged_.size())))]
            : Place{draw(shape_.height - layout_.picture.height + 1), draw(shape_.width - layout_.picture.width + 1)};
    if (is_known_enough(place)) return place;
  }
  const auto known = std::find(known_.begin() + draw(static_cast<int>(known_.size())), known_.end(), 1);
  const auto i = static_cast<int>((known == known_.end() ? std::ranges::find(known_, 1) : known) - known_.begin());
  return around(i / shape_.width, i % shape_.width);
}

// In whose middle a pixel is, if it is not near an edge.
Parts::Place Parts::around(int row, int column) const {
  const auto begin = [](int at, int part, int length) { return std::clamp(at - part / 2, 0, length - part); };
  return {begin(row, layout_.picture.height, shape_.height), begin(column, layout_.picture.width, shape_.width)};
}

std::vector<Parts::Place> Parts::damaged_places() const {
  constexpr int cell = 64;
  std::vector<Place> places;
  for (int top = 0; top < shape_.height; top += cell) {
    for (int left = 0; left < shape_.width; left += cell) {
      const int width = std::min(cell, shape_.width - left);
      bool damaged = false;
      for (int i = top; i < std::min(shape_.height, top + cell); ++i) {
        const auto row = known_.begin() + static_cast<std::ptrdiff_t>(i) * shape_.width + left;
        damaged = damaged || std::find(row, row + width, 0) != row + width;
      }
      if (damaged) places.push_back(around(top + cell / 2, left + cell / 2));
    }
  }
  return places;
}

// Of a hole there is nothing to learn.
bool Parts::is_known_enough(Place place) const {
  std::size_t known = 0;
  for (int i = 0; i < layout_.picture.height; ++i) {
    const auto row = known_.begin() + static_cast<std::ptrdiff_t>(place.top + i) * shape_.width + place.left;
    known += static_cast<std::size_t>(std::count(row, row + layout_.picture.width, 1));
  }
  constexpr std::size_t least = 16;  // one in so many
  return least * known >= layout_.picture.plane();
}

void Parts::take(Place place) {
  const Shape& canvas = layout_.canvas;
  std::vector<float> values(canvas.size());
  std::vector<float> weights(canvas.plane());
  std::vector<std::uint8_t> known(canvas.plane());
  layout_.for_each_pixel([&](std::size_t to, std::size_t of_part, bool inside) {
    const std::size_t row = place.top + of_part / layout_.picture.width;
    const std::size_t from = row * shape_.width + place.left + of_part % layout_.picture.width;
    weights[to] = inside ? weights_[from] : 0;
    learned_[to] = weights[to] > 0 ? 1 : 0;
    known[to] = inside ? known_[from] : 0;
    // Weight 0 times NaN would still be NaN.
    for (int c = 0; c < shape_.channels; ++c) {
      values[c * canvas.plane() + to] = known_[from] != 0 ? values_[c * shape_.plane() + from] : 0;
    }
  });
  hiding_.take(values, weights, known);
}

void Parts::before(int step) {
  take(place_of(step));
  hiding_.before(step);
}

double Parts::draw(const Tiles::Draw& draw, double round_seconds, Patience& patience, std::span<float> to) {
  DIPPER_CHECK_EQ(to.size(), shape_.size());
  std::ranges::fill(to, 0.0F);
  Told told{.sum = to, .weight = std::vector<float>(shape_.plane()), .values = {}, .count = {}};
  const double affordable = round_seconds > 0 ? patience.seconds_left() / round_seconds : rounds;
  const int count = patience.seconds_left() > 0 ? static_cast<int>(std::min<double>(rounds, affordable)) : 0;
  bool goes_on = count >= fewest_rounds;
  const std::vector<Place> places = all_places();
  std::size_t drawn = 0;
  for (std::size_t n = 0; n < places.size(); ++n) {
    told.place = places[n];
    take(told.place);
    told.values.assign(layout_.canvas.size(), 0);
    told.count.assign(layout_.canvas.plane(), 0);
    if (goes_on) {
      tell(draw, static_cast<int>(n), count, told);
      ++drawn;
      goes_on = patience.go_on(static_cast<double>(drawn) / static_cast<double>(places.size()));
    } else {
      fill(told);
    }
    add(told);
  }
  for (int c = 0; c < shape_.channels; ++c) {
    for (std::size_t i = 0; i < shape_.plane(); ++i) to[c * shape_.plane() + i] /= told.weight[i];
  }
  return static_cast<double>(drawn) / static_cast<double>(places.size());
}

std::vector<Parts::Place> Parts::all_places() const {
  std::vector<Place> places;
  for (const int top : starts(shape_.height, layout_.picture.height)) {
    for (const int left : starts(shape_.width, layout_.picture.width)) places.push_back({top, left});
  }
  return places;
}

// All that the network may know, and what is smooth between.
void Parts::fill(Told& told) {
  hiding_.show(learned_);
  const std::span<const float> base = hiding_.base().pull();
  std::ranges::transform(base, told.values.begin(), [](float value) { return value + Showing::middle; });
  std::ranges::fill(told.count, std::uint8_t{1});
}

// Each pixel in those rounds that do not show it; what all others have shown is hidden in the last.
void Parts::tell(const Tiles::Draw& draw, int part, int count, Told& told) {
  const std::size_t plane = layout_.canvas.plane();
  for (int round = 0; round < count; ++round) {
    if (round + 1 < count) {
      hiding_.before(first_drawn + part * rounds + round);
    } else {
      hiding_.show(told.count);
    }
    draw();
    const std::span<const float> x = x_->host();
    const std::span<const float> base = hiding_.base().pull();
    for (std::size_t i = 0; i < plane; ++i) {
      if (hiding_.shows(i)) continue;
      ++told.count[i];
      for (int c = 0; c < shape_.channels; ++c) told.values[c * plane + i] += x[c * plane + i] + base[c * plane + i];
    }
  }
}

void Parts::add(Told& told) {
  const Shape& part = layout_.picture;
  for (int i = 0; i < part.height; ++i) {
    for (int j = 0; j < part.width; ++j) {
      const std::size_t from = static_cast<std::size_t>(i + layout_.top) * layout_.canvas.width + j + layout_.left;
      const std::size_t to = static_cast<std::size_t>(told.place.top + i) * shape_.width + told.place.left + j;
      const float weight = ramp(i, part.height) * ramp(j, part.width);
      told.weight[to] += weight;
      for (int c = 0; c < shape_.channels; ++c) {
        told.sum[c * shape_.plane() + to] +=
            weight / static_cast<float>(told.count[from]) * told.values[c * layout_.canvas.plane() + from];
      }
    }
  }
}

Tiles::Cost Parts::measure(const Tiles::Draw& draw) {
  const auto parts = static_cast<double>(all_places().size());
  take({0, 0});
  int round = 0;
  const double round_seconds = Tiles::seconds([&] {
    hiding_.before(first_drawn + round++);
    draw();
  });
  const double fill_seconds = Tiles::seconds([&] {
    take({0, 0});
    hiding_.show(learned_);
  });
  return {.view = parts * round_seconds, .other = parts * fill_seconds};
}

std::size_t Parts::bytes() const {
  const std::size_t drawing = (shape_.plane() + 2 * layout_.canvas.size()) * sizeof(float);
  return known_.size() + damaged_.size() * sizeof(Place) + hiding_.bytes() + drawing;
}

}  // namespace dipper
