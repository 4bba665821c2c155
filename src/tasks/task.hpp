// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// What a task is given: a user's request, its options checked against the task's own list.
struct TaskInput {
  const Image& picture;
  const std::map<std::string, std::string>& options;
  const std::map<std::string, Image>& pictures;
  std::uint64_t seed = 0;

  /// The option's text, or null when it was not given.
  [[nodiscard]] const std::string* option(const std::string& name) const;
  [[nodiscard]] const Image* image(const std::string& name) const;
};

/// What is known of a picture: the loss of a fit compares its output with this.
struct Observation {
  Image damaged;                      // as it came, or as the task damaged it
  std::vector<float> weights{};       // height x width, 1 where a pixel is known, 0 where it is missing
  std::optional<Image> truth{};       // when the task damaged a clean picture itself
  std::string summary{};              // one clause on the damage, for progress
  bool opaque_where_missing = false;  // restored pixels become opaque, since they were missing by being transparent
};

/// One option of a task.
struct TaskOption {
  const char* name;
  const char* value;  // what to write for its value, empty for a switch
  const char* help;
  bool picture = false;
  bool damages = false;  // the picture given is clean, and the task damages it itself
};

/// What happened to a picture, and what that means for the fit. Tasks are listed in task.cpp.
struct Task {
  const char* name;
  const char* summary;
  const char* example;
  std::span<const TaskOption> options;
  Observation (*observe)(const TaskInput& input);
};

/// Every task there is.
[[nodiscard]] std::span<const Task* const> task_table();

/// Throws Error that names the nearest one when there is no such task.
[[nodiscard]] const Task& find_task(const std::string& name);

/// Checks that every option is the task's, and calls observe().
[[nodiscard]] Observation observe(const Task& task, const TaskInput& input);

/// The restored picture: `raw` (the fitted colour channels) where nothing was known, the damaged picture where it was
/// known for certain, a mix where the weight says so; alpha, profile and sample type as they came.
[[nodiscard]] Image compose(const Observation& observation, const Image& raw);

}  // namespace dipper
