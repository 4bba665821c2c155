// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/patience.hpp"
#include "dipper/image.hpp"
#include "image/resize.hpp"
#include "tasks/linear_operator.hpp"
#include "tasks/noise_model.hpp"

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

/// How to fit when nobody says: the recipe for each quality.
struct Recipes {
  const char* fast;
  const char* balanced;
  const char* best;
};

struct TaskMethod;

/// What is known of a picture: the loss of a fit compares its output, seen through the operator, with this.
struct Observation {
  Image damaged;                      // as it came, or as the task damaged it: y
  std::vector<float> weights{};       // height x width of y, 1 where a pixel is known, 0 where it is missing
  std::optional<Image> truth{};       // when the task damaged a clean picture itself
  std::string summary{};              // one clause on the damage, for progress
  bool keeps_known = false;           // known pixels are right and stay; otherwise all are made anew
  bool opaque_where_missing = false;  // restored pixels become opaque, since they were missing by being transparent
  std::optional<LinearOperator> observed_by{};  // A, when y is not the wanted picture with gaps or noise
  std::optional<Scaling> scaling{};             // and how much smaller y was made, when that is all it does
  std::optional<Image> frame{};  // what lends the restored picture its size, alpha and profile; else y does
  std::optional<Image> guide{};  // a second picture of the same scene and size, for the network to see
  NoiseModel noise{};            // of y, which has it alike everywhere; none where the task does not know it
  double noise_doubt = 0;        // the standard error of its sigma, as a share of that; 0 where it was told
  std::function<Image(const Image&, std::uint64_t)> damage_again{};  // what happened, done to another picture of
                                                                     // colours alone, differently for each number
  std::function<Image(const Image&)> agree{};  // the nearest picture that agrees with y, of colours alone
  const TaskMethod* classic = nullptr;  // what suits this damage and may improve a fit's result by being mixed with it
  const TaskMethod* quick_classic = nullptr;  // takes its place where there is no time for it
  const Recipes* recipes = nullptr;           // that suit this damage better than the task's

  [[nodiscard]] const Image& like() const { return frame ? *frame : damaged; }
};

/// One option of a task.
struct TaskOption {
  const char* name;
  const char* value;  // what to write for its value, empty for a switch
  const char* help;
  const char* preset = "";  // its default as text
  bool picture = false;
  bool positional = false;  // a second picture, given after the first without a name
  bool damages = false;     // the picture given is clean, and the task damages it itself
};

/// A way to restore without a network, for comparison and for the impatient.
struct TaskMethod {
  const char* name;
  const char* help;
  /// Colours and size as like(). Throws OutOfPatience when patience ends before the result is there.
  Image (*restore)(const Observation& observation, int threads, Patience& patience);
  bool on_one_thread = false;  // however many it may use
};

/// What happened to a picture, and what that means for the fit. CMakeLists.txt lists the tasks.
struct Task {
  const char* name;
  const char* summary;
  const char* example;
  const char* input;  // what the picture is that comes first
  Recipes recipes;
  std::span<const TaskOption> options;
  std::span<const TaskMethod> methods;
  Observation (*observe)(const TaskInput& input);
};

/// Every task there is.
[[nodiscard]] std::span<const Task* const> task_table();

/// Throws Error that names the nearest one when there is no such task.
[[nodiscard]] const Task& find_task(const std::string& name);

/// Throws Error that names the task's methods when there is no such one.
[[nodiscard]] const TaskMethod& find_method(const Task& task, const std::string& name);

/// Checks that every option is the task's, and calls observe(). Throws Error when a pixel that counts holds numbers
/// that no picture can be fitted to.
[[nodiscard]] Observation observe(const Task& task, const TaskInput& input);

/// An observation of which every pixel counts.
[[nodiscard]] Observation all_known(const Image& picture);

/// The observation as it would be without these pixels: of weight 0, and holding what their neighbours say.
[[nodiscard]] Observation without(const Observation& observation, std::span<const std::size_t> pixels);

/// The restored picture, made of `raw`, the colour channels of a fit: where known pixels stay, `raw` where nothing was
/// known, the damaged picture where it was known for certain, and a mix where the weight says so. Alpha, profile and
/// sample type are those of like().
[[nodiscard]] Image compose(const Observation& observation, const Image& raw);

}  // namespace dipper
