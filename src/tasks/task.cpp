// SPDX-License-Identifier: Apache-2.0
#include "tasks/task.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "base/check.hpp"
#include "base/text.hpp"
#include "classic/pyramid_fill.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

void check_option(const Task& task, const std::string& name, bool picture) {
  std::vector<std::string> names;
  for (const TaskOption& option : task.options) {
    if (name == option.name && picture == option.picture) return;
    names.emplace_back(option.name);
  }
  throw Error(fmt::format("{} has no option \"{}\"{}", task.name, name, did_you_mean(name, names)));
}

// Numbers that no picture can be fitted to are an error, unless they lie where nothing is known.
void check_finite(const Observation& observation) {
  const Image& picture = observation.damaged;
  std::size_t bad = 0;
  for (std::size_t i = 0; i < picture.plane_size(); ++i) {
    bool finite = true;
    for (int c = 0; c < picture.colour_channels(); ++c) finite = finite && std::isfinite(picture.plane(c)[i]);
    if (!finite && observation.weights[i] > 0) ++bad;
  }
  if (bad == 0) return;
  throw Error(fmt::format("{} {}pixels are not finite numbers; {} with inpaint, --missing nan{}", bad,
                          observation.keeps_known ? "known " : "",
                          observation.keeps_known ? "repair them too" : "repair them first",
                          observation.keeps_known ? " or a mask" : ""));
}

}  // namespace

const std::string* TaskInput::option(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? nullptr : &found->second;
}

const Image* TaskInput::image(const std::string& name) const {
  const auto found = pictures.find(name);
  return found == pictures.end() ? nullptr : &found->second;
}

const Task& find_task(const std::string& name) {
  std::vector<std::string> names;
  for (const Task* task : task_table()) {
    if (name == task->name) return *task;
    names.emplace_back(task->name);
  }
  throw Error(fmt::format("there is no task \"{}\"{}", name, did_you_mean(name, names)));
}

Observation observe(const Task& task, const TaskInput& input) {
  for (const auto& [name, value] : input.options) check_option(task, name, false);
  for (const auto& [name, value] : input.pictures) check_option(task, name, true);
  if (input.picture.empty()) throw Error("there is no picture to restore; read one first");
  Observation observation = task.observe(input);
  check_finite(observation);
  return observation;
}

const TaskMethod& find_method(const Task& task, const std::string& name) {
  std::vector<std::string> names{"fit"};
  for (const TaskMethod& method : task.methods) {
    if (name == method.name) return method;
    names.emplace_back(method.name);
  }
  if (task.methods.empty()) {
    throw Error(fmt::format("{} has no method \"{}\"; it has only fit, the network", task.name, name));
  }
  throw Error(fmt::format("{} has no method \"{}\"{}; it has {}", task.name, name, did_you_mean(name, names),
                          fmt::join(names, ", ")));
}

Observation all_known(const Image& picture) {
  return {.damaged = picture, .weights = std::vector<float>(picture.plane_size(), 1.0F)};
}

Observation without(const Observation& observation, std::span<const std::size_t> pixels) {
  Observation left = observation;
  for (const std::size_t i : pixels) left.weights[i] = 0;
  Image& picture = left.damaged;
  const std::size_t plane = picture.plane_size();
  const std::span<float> colours = picture.colours();
  std::vector<float> filled(colours.size());
  PyramidFill(picture.colour_channels(), picture.height, picture.width).fill(colours, left.weights, filled);
  for (int c = 0; c < picture.colour_channels(); ++c) {
    for (const std::size_t i : pixels) colours[c * plane + i] = filled[c * plane + i];
  }
  return left;
}

Image compose(const Observation& observation, const Image& raw) {
  Image image = observation.like();
  DIPPER_CHECK_EQ(raw.channels, image.colour_channels());
  DIPPER_CHECK_EQ(raw.plane_size(), image.plane_size());
  if (!observation.keeps_known) {
    std::copy(raw.samples.begin(), raw.samples.end(), image.samples.begin());
    return image;
  }
  for (std::size_t i = 0; i < image.plane_size(); ++i) {
    const float known = observation.weights[i];
    if (known >= 1) continue;
    for (int c = 0; c < raw.channels; ++c) {
      float& sample = image.plane(c)[i];
      // A missing sample may be anything, NaN too, so it is not even multiplied by 0.
      sample = known > 0 ? known * sample + (1 - known) * raw.plane(c)[i] : raw.plane(c)[i];
    }
    if (observation.opaque_where_missing) image.plane(raw.channels)[i] = 1;
  }
  return image;
}

}  // namespace dipper
