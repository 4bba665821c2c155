// SPDX-License-Identifier: Apache-2.0
#include "fit/parts.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/philox.hpp"
#include "classic/pyramid_fill.hpp"

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

Gaps gaps_on(const Shape& part, std::span<const std::uint8_t> known, const Shape& picture) {
  Gaps gaps(std::vector<float>(known.begin(), known.end()), picture.height, picture.width);
  gaps.lay_on(part.height, part.width);
  return gaps;
}

}  // namespace

Parts::Parts(const Recipe& recipe, std::uint64_t seed, Backend& backend, const Target& target,
             const Hiding::Tensors& tensors, Buffer& x)
    : backend_(&backend),
      seed_(seed),
      shape_(target.shape),
      layout_(shape_for(shape_), 0, recipe),
      known_(target.known()),
      values_(backend, shape_.size()),
      weights_(backend, shape_.plane()),
      guide_(backend, target.guide.size()),
      told_(backend, shape_),
      drawn_(backend, shape_),
      x_(&x),
      hiding_(recipe, seed, backend, layout_.canvas, layout_.window(), tensors,
              gaps_on(layout_.picture, known_, shape_)) {
  DIPPER_CHECK_EQ(target.values.size(), shape_.size());
  DIPPER_CHECK_EQ(target.weights.size(), shape_.plane());
  damaged_ = damaged_places();
  const std::span<float> values = values_.host();
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = known_[i % shape_.plane()] != 0 ? target.values[i] : 0;  // weight 0 times NaN would still be NaN
  }
  values_.push();
  std::ranges::copy(target.weights, weights_.host().begin());
  weights_.push();
  if (!guide_.empty()) {
    const auto scale = static_cast<float>(recipe.input_scale);
    std::ranges::transform(target.guide, guide_.host().begin(), [scale](float value) { return scale * value; });
    guide_.push();
    guide_in_z_ = tensors.z.all().last(guide_.size() / shape_.plane() * layout_.canvas.plane());
  }
  fill();
}

std::size_t Parts::bytes_of_whole(const Shape& picture, std::size_t guide) {
  constexpr std::size_t of_each = 4;  // what is known, what was told, that of a good state, and what was drawn
  return (of_each * (picture.size() + picture.plane()) + guide) * sizeof(float);
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

PartDesc Parts::at(Place place) const {
  return {
      .picture = shape_, .canvas = layout_.canvas, .window = layout_.window(), .top = place.top, .left = place.left};
}

void Parts::take(Place place) {
  place_ = place;
  hiding_.take(at(place), values_.all(), weights_.all(), known_);
  if (!guide_.empty()) backend_->cut(at(place), Padding::reflect, guide_.all(), guide_in_z_);
}

void Parts::before(int step) {
  take(place_of(step));
  hiding_.before(step);
}

void Parts::gather(int iteration) {
  add(trust_after(iteration), told_);
}

double Parts::draw(const Tiles::Draw& draw, int iteration, double round_seconds, Patience& patience,
                   std::span<float> to) {
  DIPPER_CHECK_EQ(to.size(), shape_.size());
  const double affordable = round_seconds > 0 ? patience.seconds_left() / round_seconds : rounds;
  const int count = patience.seconds_left() > 0 ? static_cast<int>(std::min<double>(rounds, affordable)) : 0;
  if (count < fewest_rounds) {
    divide(told_, to);
    return 0;
  }
  drawn_.sum.copy_from(told_.sum);
  drawn_.weight.copy_from(told_.weight);
  const std::vector<Place> places = all_places();
  std::size_t drawn = 0;
  const auto share = [&] { return static_cast<double>(drawn) / static_cast<double>(places.size()); };
  for (bool goes_on = true; goes_on && drawn < places.size(); goes_on = patience.go_on(share())) {
    take(places[drawn]);
    tell(draw, static_cast<int>(drawn), count, trust_after(iteration));
    ++drawn;
  }
  divide(drawn_, to);
  return share();
}

void Parts::divide(Told& told, std::span<float> to) const {
  const std::span<const float> sum = told.sum.pull();
  const std::span<const float> weight = told.weight.pull();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = sum[i] / weight[i % shape_.plane()];
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
  std::vector<float> counts(shape_.plane());
  std::ranges::transform(weights_.host(), counts.begin(), [](float weight) { return weight > 0 ? 1.0F : 0.0F; });
  const std::span<float> sum = told_.sum.host();
  PyramidFill(shape_.channels, shape_.height, shape_.width).fill(values_.host(), counts, sum);
  for (float& value : sum) value *= trust_in_filling;
  std::ranges::fill(told_.weight.host(), trust_in_filling);
  told_.sum.push();
  told_.weight.push();
}

// Each round counts as a step would. What all others have shown is hidden in the last.
void Parts::tell(const Tiles::Draw& draw, int part, int count, float trust) {
  std::vector<std::uint8_t> were_hidden(layout_.canvas.plane());
  for (int round = 0; round < count; ++round) {
    if (round + 1 < count) {
      hiding_.before(first_drawn + part * rounds + round);
    } else {
      hiding_.show(were_hidden);
    }
    draw();
    add(trust, drawn_);
    for (std::size_t i = 0; i < were_hidden.size(); ++i) {
      if (!hiding_.shows(i)) were_hidden[i] = 1;
    }
  }
  backend_->wait();  // so that it is known how much time is left
}

// What the network made of the part that was taken.
void Parts::add(float trust, Told& to) {
  const Telling telling{
      .x = x_->all(), .base = hiding_.base().all(), .shown = hiding_.shown_in_z(), .weight = trust, .fade = overlap};
  backend_->gather(at(place_), telling, {to.sum.all(), to.weight.all()});
}

Tiles::Cost Parts::measure(const Tiles::Draw& draw) {
  take({0, 0});
  int round = 0;
  const double seconds = Tiles::seconds([&] {
    hiding_.before(first_drawn + round++);
    draw();
    backend_->wait();
  });
  return {.view = static_cast<double>(all_places().size()) * seconds};
}

void Parts::visit(StateVisitor& visitor) {
  visit_buffer(visitor, "told/sum", sizes_of(shape_), told_.sum);
  visit_buffer(visitor, "told/weight",
               {static_cast<std::size_t>(shape_.height), static_cast<std::size_t>(shape_.width)}, told_.weight);
}

std::size_t Parts::bytes() const {
  return known_.size() + damaged_.size() * sizeof(Place) + hiding_.bytes() + bytes_of_whole(shape_, guide_.size());
}

}  // namespace dipper
