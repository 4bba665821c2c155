// SPDX-License-Identifier: Apache-2.0
#include "tasks/task.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "base/text.hpp"
#include "dipper/error.hpp"
#include "tasks/inpaint.hpp"

namespace dipper {
namespace {

constexpr const Task* table[] = {
    &inpaint_task,
};

void check_option(const Task& task, const std::string& name, bool picture) {
  std::vector<std::string> names;
  for (const TaskOption& option : task.options) {
    if (name == option.name && picture == option.picture) return;
    names.emplace_back(option.name);
  }
  throw Error(fmt::format("{} has no option \"{}\"{}", task.name, name, did_you_mean(name, names)));
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

std::span<const Task* const> task_table() {
  return table;
}

const Task& find_task(const std::string& name) {
  std::vector<std::string> names;
  for (const Task* task : table) {
    if (name == task->name) return *task;
    names.emplace_back(task->name);
  }
  throw Error(fmt::format("there is no task \"{}\"{}", name, did_you_mean(name, names)));
}

Observation observe(const Task& task, const TaskInput& input) {
  for (const auto& [name, value] : input.options) check_option(task, name, false);
  for (const auto& [name, value] : input.pictures) check_option(task, name, true);
  if (input.picture.empty()) throw Error("there is no picture to restore; read one first");
  return task.observe(input);
}

Image compose(const Observation& observation, const Image& raw) {
  Image image = observation.damaged;
  DIPPER_CHECK_EQ(raw.channels, image.colour_channels());
  DIPPER_CHECK_EQ(raw.plane_size(), image.plane_size());
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
