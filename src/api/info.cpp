// SPDX-License-Identifier: Apache-2.0
// What this build can do: devices, tasks, recipes, codecs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "api/devices.hpp"
#include "base/text.hpp"
#include "damage/plan.hpp"
#include "dipper/dipper.hpp"
#include "fit/recipe.hpp"
#include "image/codec.hpp"
#include "tasks/task.hpp"

namespace dipper {

std::unique_ptr<Backend> make_backend(const std::string& device, int threads) {
  if (device == "auto" || device == "cpu") return make_cpu_backend(threads);
  if (device == "ref") return make_ref_backend();
  const std::array<std::string, 3> names{"auto", "cpu", "ref"};
  throw Error(fmt::format("there is no device \"{}\"; use auto, cpu or ref{}", device, did_you_mean(device, names)));
}

std::vector<TaskInfo> tasks() {
  std::vector<TaskInfo> all;
  for (const Task* task : task_table()) {
    TaskInfo info{.name = task->name, .summary = task->summary, .example = task->example, .input = task->input};
    for (const TaskOption& option : task->options) {
      info.options.push_back({.name = option.name,
                              .value = option.value,
                              .help = option.help,
                              .preset = option.preset,
                              .picture = option.picture,
                              .positional = option.positional,
                              .damages = option.damages});
    }
    for (const TaskMethod& method : task->methods) info.methods.push_back({method.name, method.help});
    all.push_back(std::move(info));
  }
  return all;
}

std::vector<OptionInfo> damage_options() {
  std::vector<OptionInfo> all;
  for (const DamageOption& option : damage_option_table()) {
    all.push_back({.name = option.name, .value = option.value, .help = option.help, .preset = option.preset});
  }
  return all;
}

std::vector<RecipeInfo> recipes() {
  std::vector<RecipeInfo> all;
  for (const BuiltInRecipe& recipe : built_in_recipes()) {
    all.push_back({std::string(recipe.name), summary_of(recipe.text), std::string(recipe.text)});
  }
  return all;
}

BuildInfo build_info() {
  BuildInfo info;
  info.version = DIPPER_VERSION;
  info.instruction_set = cpu_instruction_set();
  info.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (const Codec& codec : codecs()) info.codecs.emplace_back(codec.name);
  const bool has_simd = info.instruction_set != "none";
  info.devices.push_back(
      {"cpu", fmt::format("{}, {}", info.instruction_set, count_of(info.threads, "thread")), has_simd});
  info.devices.push_back({"ref", make_ref_backend()->description(), true});
  info.devices.push_back({"cuda", cuda_devices(), false});
  return info;
}

}  // namespace dipper
