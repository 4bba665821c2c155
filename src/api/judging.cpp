// SPDX-License-Identifier: Apache-2.0
#include "api/judging.hpp"

#include <utility>

#include "tasks/taken_noise.hpp"

namespace dipper {
namespace {

Judge::Classic classic_result(const Observation& observation, const HeldOut& held_out, const Range& range,
                              const Settings& settings) {
  if (observation.classic == nullptr) return {};
  const TaskMethod& method = *observation.classic;
  const Image full = method.restore(observation, settings.threads);
  Judge::Classic classic{.full = colours_of(full, range), .blind = {}, .noise = {}};
  if (observation.keeps_known || observation.noise <= 0) {
    classic.blind = colours_of(method.restore(without(observation, held_out.pixels()), settings.threads), range);
    return classic;
  }
  TakenNoise noise = taken_noise(observation, method, full, held_out.pixels(), settings.seed, settings.threads);
  const float unit = (range.high - range.low) * (range.high - range.low);
  for (std::vector<float>* values : {&noise.taken, &noise.near}) {
    for (float& value : *values) value /= unit;
  }
  classic.noise = {.mean_square = noise.noise / unit, .taken = std::move(noise.taken), .near = std::move(noise.near)};
  return classic;
}

}  // namespace

std::optional<Judge> make_judge(const Observation& observation, const Recipe& recipe, const Range& range,
                                const Settings& settings, std::span<const float> values, std::vector<float>& weights) {
  if (recipe.hold_out_share <= 0 || observation.observed_by) return std::nullopt;
  const Image& picture = observation.damaged;
  HeldOut held_out(weights, picture.height, picture.width, recipe.hold_out_share, settings.seed);
  if (held_out.empty()) return std::nullopt;
  const float unit = range.high - range.low;
  Measure measure{.weights = weights,
                  .right = observation.keeps_known,
                  .noise = observation.error == ErrorKind::squared ? observation.noise / unit : 0,
                  .clipped = picture.sample != SampleType::f32,
                  .blind = recipe.input_kind == "observed" && recipe.average > 0,
                  .hidden = recipe.input_hide};
  weights = held_out.others(weights);
  Judge::Classic classic = classic_result(observation, held_out, range, settings);
  const Shape shape{picture.colour_channels(), picture.height, picture.width};
  return Judge(std::move(held_out), values, shape, std::move(classic), recipe.hold_out_patience, std::move(measure));
}

}  // namespace dipper
