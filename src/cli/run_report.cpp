// SPDX-License-Identifier: Apache-2.0
#include "cli/run_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <span>
#include <utility>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "cli/resume.hpp"

namespace dipper::cli {
namespace {

Json hashed(const std::string& what, const std::string& file) {
  Sha256 hash;
  hash.add(std::span<const std::byte>(read_file(file)));
  return {{"what", what}, {"file", file}, {"sha256", hash.finish()}};
}

std::string recipe_text(const std::string& name) {
  for (const RecipeInfo& recipe : recipes()) {
    if (recipe.name == name) return recipe.text;
  }
  return "";
}

std::string assignments(const std::map<std::string, std::string>& set) {
  std::vector<std::string> each;
  each.reserve(set.size());
  for (const auto& [key, value] : set) each.push_back(fmt::format("{} = {}", key, value));
  return fmt::format("{}", fmt::join(each, ", "));
}

}  // namespace

RunReport::RunReport(const RestoreOptions& options, std::vector<std::string> words)
    : options_(options), words_(std::move(words)), report_(options.report) {}

void RunReport::follow(const Progress& progress) {
  if (!progress.stage.empty()) return;
  if (summary_.empty()) summary_ = progress.summary;
  if (progress.picture != nullptr) {
    report_.frame(progress.iteration, options_.raw ? *progress.raw : *progress.picture);
  }
  if (progress.iteration <= progress.resumed_from) return;  // only the plan
  Point point{.iteration = progress.iteration, .seconds = progress.seconds, .loss = progress.loss};
  if (progress.picture != nullptr) {
    point.psnr = options_.raw ? progress.raw_psnr : progress.psnr;
    if (progress.expected) point.expected = progress.expected->psnr;
  }
  (progress.picture != nullptr ? with_picture_ : without_).add([&point] { return point; });
}

void RunReport::add_pictures(const Request& request, const Restoration& restoration) {
  const Image& restored = options_.raw ? restoration.raw : restoration.image;
  const Image& damaged = restoration.damaged ? *restoration.damaged : request.input;
  report_.picture("damaged", "damaged", damaged);
  report_.picture("restored", "restored", restored);
  if (restoration.truth) report_.picture("truth", "truth", *restoration.truth);
  if (!options_.uncertainty.empty() && restoration.uncertainty) {
    report_.picture("uncertainty", "how far each pixel may be off", read_image(options_.uncertainty));
  }
}

Json RunReport::curve() const {
  std::vector<Point> points;
  std::ranges::merge(with_picture_.kept(), without_.kept(), std::back_inserter(points), {}, &Point::iteration,
                     &Point::iteration);
  Json all = Json::array();
  for (const Point& point : points) {
    all.push_back({{"iteration", point.iteration},
                   {"seconds", point.seconds},
                   {"loss", number_or_null(point.loss)},
                   {"psnr", number_or_null(point.psnr)},
                   {"expected", number_or_null(point.expected)}});
  }
  return all;
}

// As text, for a reader; the command says the same to a machine.
Json RunReport::settings(const Restoration& restoration) const {
  const BuildInfo build = build_info();
  Json all{{"what was done", summary_}};
  for (const auto& [name, value] : options_.task_options) all[name] = value == "true" ? "yes" : value;
  all["recipe"] = restoration.recipe;
  all["changed values"] = assignments(options_.settings.set);
  all["seed"] = std::to_string(restoration.seed);
  all["ran on"] = restoration.device;
  all["instruction set"] = build.instruction_set;
  all["threads"] = std::to_string(options_.settings.threads > 0 ? options_.settings.threads : build.threads);
  all["iterations a second"] = fmt::format("{:.2f}", restoration.iterations_per_second);
  all["most memory"] = fmt::format("{:.0f} MB", static_cast<double>(restoration.peak_bytes) / 1e6);
  all["dipper"] = build.version;
  return all;
}

Json RunReport::files() const {
  Json all = Json::array({hashed("input", options_.input)});
  for (const auto& [name, file] : options_.task_pictures) all.push_back(hashed(name, file));
  if (!options_.truth.empty()) all.push_back(hashed("truth", options_.truth));
  all.push_back(hashed("output", options_.output));
  return all;
}

void RunReport::write(const Request& request, const Restoration& restoration, const Json& result) {
  add_pictures(request, restoration);
  const Image& restored = restoration.image;
  const Json run{
      {"task", request.task},
      {"input", {{"file", options_.input}, {"width", request.input.width}, {"height", request.input.height}}},
      {"width", restored.width},
      {"height", restored.height},
      {"command", command_line(words_)},
      {"summary", summary_},
      {"settings", settings(restoration)},
      {"recipe", recipe_text(restoration.recipe)},
      {"files", files()},
      {"result", result},
      {"curve", curve()}};
  report_.write(fmt::format("{} {}", request.task, options_.input), to_line(run));
}

}  // namespace dipper::cli
