// SPDX-License-Identifier: Apache-2.0
#include "fit/parts.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"
#include "base/philox.hpp"

namespace dipper {
namespace {

constexpr int overlap = 32;                // of neighbouring parts, at least
constexpr int fewest_rounds = 3;           // in fewer, more would be hidden at once than the network is used to
constexpr int first_drawn = 1 << 30;       // beyond all steps: what is hidden when the picture is drawn
constexpr float trust_in_filling = 1e-9F;  // where nothing was told

// How far what the network tells counts after so many iterations: of all that was told the last fifth counts for most.
float trust_after(int iteration) {
  const auto n = static_cast<float>(iteration);
  return n * n * n * n;
}

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
      told_{.sum = std::vector<float>(shape.size()), .weight = std::vector<float>(shape.plane())},
      x_(&x),
      hiding_(recipe, seed, backend, layout_.canvas, layout_.window(), tensors,
              gaps_on(layout_.picture, known_, shape)) {
  DIPPER_CHECK_EQ(values.size(), shape.size());
  DIPPER_CHECK_EQ(weights.size(), shape.plane());
  damaged_ = damaged_places();
  fill();
}

Shape Parts::shape_for(const Shape& picture) {
  return {picture.channels, std::min(part_side, picture.height), std::min(part_side, picture.width)};
}

// Anywhere; in every second step where pixels are missing, if there are any. Places beyond the edges are moved to them,
// or what is near them would hardly ever be seen.
Parts::Place Parts::place_of(int step) const {
  const Philox random{seed_, Stream::crops};
  std::uint64_t index = 0;
  const auto draw = [&](int choices) { return random.below(choices, static_cast<std::uint64_t>(step), index++); };
  const auto begin = [&](int part, int length) {
    const int beyond = part / 4;
    return std::clamp(draw(length - part + 2 * beyond + 1) - beyond, 0, length - part);
  };
  const Shape& part = layout_.picture;
  constexpr int most_tries = 16;
  for (int n = 0; n < most_tries; ++n) {
    const Place place = step % 2 == 1 && !damaged_.empty()
                            ? damaged_[static_cast<std::size_t>(draw(static_cast<int>(damaged_.size())))]
                            : Place{begin(part.height, shape_.height), begin(part.width, shape_.width)};
    if (is_known_enough(place)) return place;
  }
  const int row = draw(shape_.height);
  const auto from = known_.begin() + static_cast<std::ptrdiff_t>(row) * shape_.width + draw(shape_.width);
  const auto known = std::find(from, known_.end(), 1);
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
  place_ = place;
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

// Nothing of a fit that went wrong, and is going to be taken back.
void Parts::gather(int iteration) {
  const std::span<const float> x = x_->host().first(layout_.canvas.size());
  if (!std::ranges::all_of(x, [](float value) { return std::isfinite(value); })) return;
  const std::span<const float> base = hiding_.base().pull();
  const auto hidden = [this](std::size_t i) { return !hiding_.shows(i); };
  add(told_, trust_after(iteration), hidden, [&](std::size_t at) { return x[at] + base[at]; });
}

double Parts::draw(const Tiles::Draw& draw, int iteration, double round_seconds, Patience& patience,
                   std::span<float> to) {
  DIPPER_CHECK_EQ(to.size(), shape_.size());
  Told told = told_;
  const double affordable = round_seconds > 0 ? patience.seconds_left() / round_seconds : rounds;
  const int count = patience.seconds_left() > 0 ? static_cast<int>(std::min<double>(rounds, affordable)) : 0;
  const std::vector<Place> places = all_places();
  std::size_t drawn = 0;
  const auto share = [&] { return static_cast<double>(drawn) / static_cast<double>(places.size()); };
  for (bool goes_on = count >= fewest_rounds; goes_on && drawn < places.size(); goes_on = patience.go_on(share())) {
    take(places[drawn]);
    tell(draw, static_cast<int>(drawn), count, trust_after(iteration), told);
    ++drawn;
  }
  const std::size_t plane = shape_.plane();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = told.sum[i] / told.weight[i % plane];
  return share();
}

std::vector<Parts::Place> Parts::all_places() const {
  std::vector<Place> places;
  for (const int top : starts(shape_.height, layout_.picture.height)) {
    for (const int left : starts(shape_.width, layout_.picture.width)) places.push_back({top, left});
  }
  return places;
}

// All that the network may know, and what is smooth between.
void Parts::fill() {
  for (const Place place : all_places()) {
    take(place);
    hiding_.show(learned_);
    const std::span<const float> base = hiding_.base().pull();
    const auto all = [](std::size_t) { return true; };
    add(told_, trust_in_filling, all, [&](std::size_t at) { return base[at] + Showing::middle; });
  }
}

// Of each pixel the mean of those rounds that do not show it, so that parts fade into each other; what all others have
// shown is hidden in the last. They count as so many steps would.
void Parts::tell(const Tiles::Draw& draw, int part, int count, float trust, Told& told) {
  const std::size_t plane = layout_.canvas.plane();
  std::vector<float> sums(layout_.canvas.size());
  std::vector<std::uint8_t> times(plane);
  std::size_t told_in_all = 0;
  for (int round = 0; round < count; ++round) {
    if (round + 1 < count) {
      hiding_.before(first_drawn + part * rounds + round);
    } else {
      hiding_.show(times);
    }
    draw();
    const std::span<const float> x = x_->host();
    const std::span<const float> base = hiding_.base().pull();
    for (std::size_t i = 0; i < plane; ++i) {
      if (hiding_.shows(i)) continue;
      ++times[i];
      ++told_in_all;
      for (int c = 0; c < shape_.channels; ++c) sums[c * plane + i] += x[c * plane + i] + base[c * plane + i];
    }
  }
  const auto usual = static_cast<float>(told_in_all) / static_cast<float>(plane);
  const auto mean = [&](std::size_t at) { return sums[at] / static_cast<float>(times[at % plane]); };
  const auto told_at_all = [&](std::size_t i) { return times[i] > 0; };
  add(told, trust * usual, told_at_all, mean);
}

// counts(index in a plane of the canvas), value(index in all of it).
template <class Counts, class Value>
void Parts::add(Told& told, float trust, const Counts& counts, const Value& value) const {
  const Shape& part = layout_.picture;
  const std::size_t plane = layout_.canvas.plane();
  for (int i = 0; i < part.height; ++i) {
    for (int j = 0; j < part.width; ++j) {
      const std::size_t from = static_cast<std::size_t>(i + layout_.top) * layout_.canvas.width + j + layout_.left;
      if (!counts(from)) continue;
      const std::size_t to = static_cast<std::size_t>(place_.top + i) * shape_.width + place_.left + j;
      const float weight = trust * ramp(i, part.height) * ramp(j, part.width);
      told.weight[to] += weight;
      for (int c = 0; c < shape_.channels; ++c) told.sum[c * shape_.plane() + to] += weight * value(c * plane + from);
    }
  }
}

Tiles::Cost Parts::measure(const Tiles::Draw& draw) {
  take({0, 0});
  int round = 0;
  const double seconds = Tiles::seconds([&] {
    hiding_.before(first_drawn + round++);
    draw();
  });
  return {.view = static_cast<double>(all_places().size()) * seconds};
}

void Parts::visit(StateVisitor& visitor) {
  visitor.tensor("told/sum", sizes_of(shape_), told_.sum);
  visitor.tensor("told/weight", {static_cast<std::size_t>(shape_.height), static_cast<std::size_t>(shape_.width)},
                 told_.weight);
}

std::size_t Parts::bytes() const {
  const std::size_t told = (shape_.size() + shape_.plane()) * sizeof(float);
  const std::size_t drawing = told + 2 * layout_.canvas.size() * sizeof(float);
  return known_.size() + damaged_.size() * sizeof(Place) + hiding_.bytes() + told + drawing;
}

}  // namespace dipper
