// SPDX-License-Identifier: Apache-2.0
// What this build can do: devices, tasks, recipes, codecs.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "damage/plan.hpp"
#include "dipper/dipper.hpp"
#include "fit/recipe.hpp"
#include "image/codec.hpp"
#include "kernels/backend.hpp"
#include "tasks/task.hpp"

namespace dipper {

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
  const std::vector<CudaDevice> cuda = cuda_devices();
  if (cuda.empty()) info.devices.push_back({"cuda", why_no_cuda(), false});
  for (std::size_t number = 0; number < cuda.size(); ++number) {
    const auto& [name, bytes, why_not] = cuda[number];
    std::string text = fmt::format("{}, {:.0f} GiB", name, static_cast<double>(bytes) / (1 << 30));
    if (!why_not.empty()) text += ": " + why_not;
    info.devices.push_back({fmt::format("cuda:{}", number), text, why_not.empty()});
  }
  return info;
}

}  // namespace dipper
