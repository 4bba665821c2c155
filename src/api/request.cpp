// SPDX-License-Identifier: Apache-2.0
#include "api/request.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "api/judging.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace dipper {
namespace {

const char* recipe_of(const Settings& settings, const Recipes& recipes) {
  if (settings.quality == "fast") return recipes.fast;
  if (settings.quality == "balanced") return recipes.balanced;
  if (settings.quality == "best") return recipes.best;
  const std::array<std::string, 3> names{"fast", "balanced", "best"};
  throw Error(fmt::format("there is no quality \"{}\"; use fast, balanced or best{}", settings.quality,
                          did_you_mean(settings.quality, names)));
}

// What only a fit heeds is refused beside a method, lest somebody believes in its effect.
void check_method(const Settings& settings, const TaskMethod& method) {
  const Settings preset;
  if (!settings.checkpoint.empty() || !settings.resume.empty()) {
    throw Error(fmt::format(
        "method {} fits nothing, so it has no checkpoints to write or to go on from; leave them out", method.name));
  }
  const std::pair<const char*, bool> of_fits[] = {
      {"quality", settings.quality != preset.quality},
      {"time", settings.time != preset.time},
      {"recipe", settings.recipe != preset.recipe},
      {"set", settings.set != preset.set},
      {"iterations", settings.iterations != preset.iterations},
      {"device", settings.device != preset.device},
      {"precision", settings.precision != preset.precision},
      {"every", settings.every != preset.every},
      {"max-memory", settings.max_memory != preset.max_memory},
      {"explain", settings.explain != preset.explain},
      {"uncertainty", settings.uncertainty != preset.uncertainty},
      {"checkpoint-every", settings.checkpoint_every != preset.checkpoint_every},
  };
  for (const auto& [name, given] : of_fits) {
    if (!given) continue;
    throw Error(
        fmt::format("method {} fits nothing, so --{} has no effect; leave one of the two out", method.name, name));
  }
}

}  // namespace

const TaskMethod* method_of(const Request& request, const Task& task) {
  if (request.method == "fit") return nullptr;
  const TaskMethod& method = find_method(task, request.method);
  check_method(request.settings, method);
  return &method;
}

Recipe recipe_for(const Settings& settings, const Task& task, const Observation& observation) {
  const char* usual = recipe_of(settings, observation.recipes != nullptr ? *observation.recipes : task.recipes);
  if (!settings.recipe.empty() && settings.quality != Settings().quality) {
    throw Error(
        "a recipe says what a quality would, so --quality has no effect beside --recipe; leave one of them out");
  }
  Recipe recipe = load_recipe(settings.recipe.empty() ? usual : settings.recipe);
  for (const auto& [key, value] : settings.set) set_value(recipe, key, value);
  const Image& like = observation.like();
  const double share = sees_an_excerpt(recipe, observation)  // of its sides
                           ? std::sqrt(recipe.pixels_of_excerpt() / static_cast<double>(like.plane_size()))
                           : 1;
  adapt(recipe, static_cast<int>(std::ceil(share * like.height)), static_cast<int>(std::ceil(share * like.width)));
  if (settings.iterations) set_value(recipe, "iterations", std::to_string(*settings.iterations));
  if (settings.every != 0) set_value(recipe, "every", std::to_string(settings.every));
  check(recipe);
  return recipe;
}

void check_times_and_places(const Settings& settings) {
  if (!(settings.time >= 0)) throw Error("the seconds that a run may take must be 0 or more");
  if (!(settings.time_before >= 0 && settings.time_after >= 0)) {
    throw Error("the seconds before and after a run must be 0 or more");
  }
  if (!(settings.checkpoint_every >= 0)) throw Error("the seconds between two checkpoints must be 0 or more");
  if (!settings.checkpoint.empty()) static_cast<void>(OutputFile(settings.checkpoint));  // can it be written?
}

}  // namespace dipper
