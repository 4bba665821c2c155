// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.hpp"

#include <cstddef>
#include <system_error>
#include <vector>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "cli/resume.hpp"
#include "fit/recipe.hpp"
#include "image/io.hpp"

namespace dipper::cli {
namespace {

void add(Json& files, const std::string& what, const std::string& file, std::span<const std::byte> bytes) {
  files.push_back({{"what", what}, {"file", file}, {"sha256", sha256_of(bytes)}});
}

Image read_picture(Json& files, const std::string& what, const std::string& file, const ReadLimits& limits) {
  const std::vector<std::byte> bytes = read_file(file);
  add(files, what, file, bytes);
  return decode_image(bytes, file, limits);
}

// A recipe that is a file of the user's.
void add_recipe(Json& files, const std::string& recipe) {
  if (built_in_recipe(recipe) != nullptr) return;
  std::error_code error;
  if (std::filesystem::is_regular_file(recipe, error)) add(files, "recipe", recipe, read_file(recipe));
}

}  // namespace

Inputs read_inputs(const std::string& task, const RestoreOptions& options) {
  Inputs inputs;
  Request& request = inputs.request;
  request.task = task;
  request.input = read_picture(inputs.files, "input", options.input, options.limits);
  request.options = options.task_options;
  for (const auto& [name, file] : options.task_pictures) {
    request.pictures.emplace(name, read_picture(inputs.files, name, file, options.limits));
  }
  if (!options.truth.empty()) request.truth = read_picture(inputs.files, "truth", options.truth, options.limits);
  add_recipe(inputs.files, options.settings.recipe);
  request.method = options.method;
  request.settings = options.settings;
  request.settings.uncertainty = !options.uncertainty.empty();
  request.settings.checkpoint = checkpoint_file(options);
  request.settings.checkpoint_at_end = !options.checkpoint.empty();
  if (options.quiet || options.progress == ProgressStyle::none) request.settings.explain = false;  // nobody would see
  return inputs;
}

}  // namespace dipper::cli
