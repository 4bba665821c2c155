// SPDX-License-Identifier: Apache-2.0
// What a judge knows of a result's errors: how large they are by the pixels held out, and where by what is near.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/check.hpp"
#include "fit/judge.hpp"

namespace dipper {
namespace {

// The logarithm of a factor.
struct Guess {
  double value = 0;
  double deviation = 0;  // its standard error
};

// What is known of a fit's error says too little of that where it got nothing: it slowly learns known pixels by heart,
// the more steps have hidden one. By how much too little, from photos; docs/recipes.md has the figures.
constexpr double few_lessons = 30;

Guess learned_by_heart(double lessons) {
  const double usual = 0.19 * std::log(std::max(1.0, lessons / few_lessons));
  return {usual, std::max(0.07, 0.4 * usual)};
}

// A pixel held out has the average of those outputs alone in whose step it was hidden, a missing one that of all: of
// later networks. The logarithm of how much less that errs, from photos.
double later_networks(double lessons) {
  return 0.042 * std::log(std::max(1.0, lessons / few_lessons));
}

// What pieces say of others.
Guess learned_from_pieces(double lessons) {
  return {0, 0.25 * std::max(1.0, lessons / few_lessons)};
}

// What pixels held out say of it is believed as far as it is surer than what is usual, or clearly against it: by more
// than three standard errors.
Guess believed(const Guess& found, const Guess& usual) {
  const double against = found.value - usual.value;
  const double doubt = found.deviation * found.deviation;
  const double spread = std::max(usual.deviation * usual.deviation, against * against - 9 * doubt);
  const double weight = spread / (spread + doubt);
  return {usual.value + weight * against, std::sqrt(weight * doubt)};
}

struct Mean {
  double value = 0;
  double deviation = 0;  // its standard error
};

template <class Value>
Mean mean_of(std::span<const std::uint32_t> pieces, const Value& value) {
  PieceMean mean(pieces);
  for (std::size_t n = 0; n < pieces.size(); ++n) mean.add(n, value(n));
  return {mean.mean(), mean.deviation()};
}

// Over the pixels that count.
template <class Counts>
double mean_over(std::span<const float> values, const Counts& counts) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!counts(i)) continue;
    sum += values[i];
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}

}  // namespace

std::optional<Errors> Judge::errors(std::span<const float> spread) const {
  if (measure_.weights.empty() || kept().at == 0) return std::nullopt;
  if (!measure_.right) {
    if (measure_.noise.sigma() <= 0 || !measure_.blind) return std::nullopt;
    return errors_in_noise();
  }
  if (!measure_.blind && spread.empty()) return std::nullopt;
  Errors errors = measure_.blind ? errors_of_blind_fit() : errors_by_spread(spread);
  measure_shares(errors);
  return errors;
}

// Against y.
std::vector<float> Judge::squares_of(std::span<const float> x) const {
  std::vector<float> squares(shape_.plane(), 0.0F);
  for (int c = 0; c < shape_.channels; ++c) {
    for (std::size_t i = 0; i < squares.size(); ++i) {
      const float apart = x[c * shape_.plane() + i] - y_[c * shape_.plane() + i];
      squares[i] += apart * apart / static_cast<float>(shape_.channels);
    }
  }
  return squares;
}

// What the result would be at the n-th pixel held out, had the classical method not known it.
float Judge::blind_result(std::size_t n, int channel) const {
  const std::size_t pixel = held_out_.pixels()[n];
  const std::size_t at = channel * shape_.plane() + pixel;
  const float classic = classic_.full.empty() ? kept().picture[at] : classic_.blind[at];
  return classic + kept().blend.share[pixel] * (kept().picture[at] - classic);
}

std::vector<Judge::Found> Judge::find(std::span<const float> model) const {
  std::vector<Found> found(held_out_.pixels().size());
  for (std::size_t n = 0; n < found.size(); ++n) {
    const std::size_t pixel = held_out_.pixels()[n];
    found[n].model = model[pixel];
    for (int c = 0; c < shape_.channels; ++c) {
      const std::size_t at = c * shape_.plane() + pixel;
      found[n].fit += std::pow(double{kept().picture[at]} - y_[at], 2) / shape_.channels;
      found[n].result += std::pow(double{blind_result(n, c)} - y_[at], 2) / shape_.channels;
    }
  }
  return found;
}

// 1 where y is the truth and the fit learned from it.
std::vector<float> Judge::known_and_learned() const {
  std::vector<float> known(shape_.plane(), 0.0F);
  std::ranges::transform(measure_.weights, known.begin(), [](float weight) { return weight < 1 ? 0.0F : 1.0F; });
  for (const std::size_t pixel : held_out_.pixels()) known[pixel] = 0;
  return known;
}

void Judge::look_apart(std::span<const float> x) {
  if (apart_.empty()) return;
  const std::size_t plane = shape_.plane();
  std::ranges::fill(apart_, 0.0F);
  for (std::size_t at = 0; at < x.size(); ++at) {
    const float from_other = x[at] - classic_.full[at];
    apart_[at % plane] += from_other * from_other / static_cast<float>(shape_.channels);
  }
}

void Judge::look_early(int iteration, std::span<const float> x) {
  if (!measure_.blind || !measure_.right || measure_.weights.empty() || !held_out_.single()) return;
  constexpr double first_lessons = 3;  // before, most known pixels were only shown
  const double lessons = measure_.hidden * iteration;
  if (lessons < first_lessons || lessons > few_lessons) return;
  const std::vector<float> known = known_and_learned();
  early_.looked_at = iteration;
  early_.of_known = mean_over(squares_of(x), [&](std::size_t i) { return known[i] > 0; });
  early_.errors = held_out_.errors(x, y_, shape_);
}

// A known pixel that the fit had to tell from others was as hard to tell as one that is missing. So its error is that
// of missing pixels near it, and there are many of them: where errors are large, and what they are in the mean, is told
// by all of them. The few that were held out, which the fit never learned from, say how much that is off, and how much
// better the mixture is than the fit.
Errors Judge::errors_of_blind_fit() const {
  const std::vector<float> known = known_and_learned();
  const std::vector<float> squares = squares_of(kept().picture);
  const std::vector<float> near = Surroundings(known, shape_.height, shape_.width).of(squares);
  const std::vector<float> ones(shape_.plane(), 1.0F);
  const SquaresModel model{.terms = {ones, near}, .squares = squares, .where = known};
  Errors errors;
  errors.square = model.sum(model.factors());

  const auto missing =
      static_cast<std::size_t>(std::ranges::count_if(measure_.weights, [](float weight) { return weight < 1; }));
  const double of_missing =
      mean_over(errors.square, [&](std::size_t i) { return missing == 0 || measure_.weights[i] < 1; });
  const double of_known = mean_over(squares, [&](std::size_t i) { return known[i] > 0; });
  const Level level = level_of(find(errors.square), of_known, of_missing, missing);
  for (float& square : errors.square) square *= static_cast<float>(level.factor);
  errors.mean = level.factor * of_missing;
  errors.deviation = errors.mean * level.deviation;
  return errors;
}

// What a model of the fit's errors, whose means over known and over missing pixels are given, has to be multiplied by.
Judge::Level Judge::level_of(std::span<const Found> found, double of_known, double of_missing,
                             std::size_t missing) const {
  const std::span<const std::uint32_t> pieces = held_out_.pieces();
  const Mean fit = mean_of(pieces, [&](std::size_t n) { return found[n].fit; });
  const Mean model = mean_of(pieces, [&](std::size_t n) { return found[n].model; });
  if (!(fit.value > 0 && kept().blend.error > 0 && of_known > 0 && of_missing > 0)) return {0, 0};

  const double lessons = measure_.hidden * kept().at;
  // Single pixels may be missing anywhere, so that the known ones' mean holds for them; pieces lie where they lie.
  const bool single = held_out_.single();
  Guess off;
  if (!single) {
    const double slope = fit.value / model.value;
    const Mean rest = mean_of(pieces, [&](std::size_t n) { return found[n].fit - slope * found[n].model; });
    off = believed({std::log(slope), rest.deviation / fit.value}, learned_from_pieces(lessons));
  } else if (kept().at <= early_.looked_at || !(early_.of_known > 0)) {
    const double more = std::log(fit.value / of_known) - later_networks(lessons);
    off = believed({more, fit.deviation / fit.value}, learned_by_heart(lessons));
  } else {
    // Whether those held out are harder than others was seen before the fit knew anything by heart.
    const Mean early = mean_of(pieces, [&](std::size_t n) { return early_.errors[n]; });
    const Guess harder =
        believed({std::log(early.value / early_.of_known), early.deviation / early.value}, learned_by_heart(0));
    const Mean since =
        mean_of(pieces, [&](std::size_t n) { return found[n].fit / fit.value - early_.errors[n] / early.value; });
    const double more = std::log(fit.value / of_known * early_.of_known / early.value) - later_networks(lessons);
    const Guess heart = believed({more, since.deviation}, learned_by_heart(lessons));
    off = {harder.value + heart.value, std::hypot(harder.deviation, heart.deviation)};
  }

  const double gain = kept().blend.error / fit.value;  // of the mixture
  const double gain_doubt =
      mean_of(pieces, [&](std::size_t n) { return found[n].result - gain * found[n].fit; }).deviation /
      kept().blend.error;
  // The missing pixels are a sample too.
  const double of_model = kept().blend.error / model.value;
  const double rest =
      mean_of(pieces, [&](std::size_t n) { return found[n].result - of_model * found[n].model; }).deviation /
      kept().blend.error;
  const double per_held_out =
      static_cast<double>(std::max<std::size_t>(1, missing)) / static_cast<double>(found.size());
  return {(single ? of_known / of_missing : 1) * std::exp(off.value) * gain,
          std::sqrt(off.deviation * off.deviation + gain_doubt * gain_doubt + rest * rest / per_held_out)};
}

// Other fits remember what they know, so that the few pixels held out have to tell what a spread means.
Errors Judge::errors_by_spread(std::span<const float> spread) const {
  DIPPER_CHECK_EQ(spread.size(), shape_.plane());
  std::vector<float> held_out(shape_.plane(), 0.0F);
  std::vector<float> squares(shape_.plane(), 0.0F);
  const std::vector<float> ones(shape_.plane(), 1.0F);
  const std::vector<Found> found = find(ones);
  for (std::size_t n = 0; n < found.size(); ++n) {
    held_out[held_out_.pixels()[n]] = 1;
    squares[held_out_.pixels()[n]] = static_cast<float>(found[n].result);
  }
  const SquaresModel model{.terms = {ones, spread}, .squares = squares, .where = held_out};
  Errors errors;
  errors.square = model.sum(model.factors());
  const double found_in_all = mean_over(squares, [&](std::size_t i) { return held_out[i] > 0; });
  const double level = ratio(kept().blend.error, found_in_all);
  for (float& square : errors.square) square *= static_cast<float>(level);
  errors.mean = mean_over(errors.square, [this](std::size_t i) { return measure_.weights[i] < 1; });
  errors.deviation = errors.mean * ratio(kept().blend.error_deviation, kept().blend.error);
  return errors;
}

// What the result's difference from y holds beside its error is known: y's noise, and less of it where the classical
// result took some over. A single difference says little beside the noise, all together say how the error follows from
// what was taken over and from how far the two results are apart.
Errors Judge::errors_in_noise() const {
  std::vector<float> x(shape_.size());
  result(x);
  const std::size_t plane = shape_.plane();
  std::vector<float> squares(plane, 0.0F);
  std::vector<float> noise(plane, 0.0F);
  std::vector<float> taken(plane, 0.0F);
  std::vector<float> apart(plane, 0.0F);
  std::vector<float> known(plane, 0.0F);
  const float part = 1.0F / static_cast<float>(shape_.channels);
  for (std::size_t i = 0; i < plane; ++i) {
    if (!classic_.full.empty()) taken[i] = part * classic_.noise.near[i];
    known[i] = measure_.weights[i] < 1 ? 0.0F : 1.0F;
    squares[i] = 2 * (1 - kept().blend.share[i]) * taken[i];
    for (int c = 0; c < shape_.channels; ++c) {
      const std::size_t at = c * plane + i;
      const float from_y = x[at] - y_[at];
      const float from_other = classic_.full.empty() ? 0 : kept().picture[at] - classic_.full[at];
      squares[i] += part * from_y * from_y;
      apart[i] += part * from_other * from_other;
      noise[i] += part * static_cast<float>(measure_.noise.variance(x[at]));
    }
  }
  const std::vector<float> ones(plane, 1.0F);
  const std::vector<float> near = Surroundings::smooth(apart, shape_.height, shape_.width);
  const SquaresModel model{.terms = {ones, taken, near}, .squares = squares, .noise = noise, .where = known};
  Errors errors;
  errors.square = model.sum(model.factors());
  if (!classic_.full.empty() && measure_.noise_doubt > 0) mix_with_usual(noise, errors.square);
  errors.mean = mean_over(errors.square, [](std::size_t) { return true; });
  return errors;
}

// What is left without the noise is little beside it, so noise that is hardly misjudged leaves far too much or nothing.
// How far the last two results are apart, which err differently, says less, but nothing wrong: on photos the square
// error of their mixture was 0.85 of the square of that, within 1.5 dB. Both count as far as they are sure.
void Judge::mix_with_usual(std::span<const float> noise, std::span<float> squares) const {
  constexpr double usual = 0.85;
  constexpr double spread = 0.33;  // as a share of that
  const auto all = [](std::size_t) { return true; };
  const std::vector<float> apart = Surroundings::smooth(apart_, shape_.height, shape_.width);
  const double of_usual = std::pow(spread * usual * mean_over(apart, all), 2);
  const double of_rest = std::pow(2 * measure_.noise_doubt * mean_over(noise, all), 2);
  if (!(of_usual > 0)) return;
  const auto share = static_cast<float>(of_usual / (of_usual + of_rest));  // of what is left without the noise
  for (std::size_t i = 0; i < squares.size(); ++i) {
    squares[i] = share * squares[i] + (1 - share) * static_cast<float>(usual) * apart[i];
  }
}

void Judge::measure_shares(Errors& errors) const {
  double one = 0;
  double two = 0;
  for (std::size_t n = 0; n < held_out_.pixels().size(); ++n) {
    const std::size_t pixel = held_out_.pixels()[n];
    const double deviation = std::sqrt(errors.square[pixel]);
    for (int c = 0; c < shape_.channels; ++c) {
      const double error = std::abs(double{blind_result(n, c)} - y_[c * shape_.plane() + pixel]);
      one += error <= deviation ? 1 : 0;
      two += error <= 2 * deviation ? 1 : 0;
    }
  }
  const auto samples = static_cast<double>(shape_.channels * held_out_.pixels().size());
  errors.within_one = one / samples;
  errors.within_two = two / samples;
}

}  // namespace dipper
