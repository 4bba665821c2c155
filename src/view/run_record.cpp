// SPDX-License-Identifier: Apache-2.0
#include "view/run_record.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

namespace dipper::view {
namespace {

Json uncertainty_or_null(const std::optional<Uncertainty>& found, const std::string& file) {
  if (!found) return {};
  return {{"calibrated", found->calibrated},
          {"mean_error", found->mean_error},
          {"held_out_within_one", number_or_null(found->within_one)},
          {"held_out_within_two", number_or_null(found->within_two)},
          {"output", file}};
}

std::string assignments(const std::map<std::string, std::string>& set) {
  std::vector<std::string> each;
  each.reserve(set.size());
  for (const auto& [key, value] : set) each.push_back(fmt::format("{} = {}", key, value));
  return fmt::format("{}", fmt::join(each, ", "));
}

Json curve_json(const Course& course) {
  Json all = Json::array();
  for (const Course::Point& point : course.points()) {
    all.push_back({{"iteration", point.iteration},
                   {"seconds", point.seconds},
                   {"loss", number_or_null(point.loss)},
                   {"psnr", number_or_null(point.psnr)},
                   {"expected", number_or_null(point.expected)}});
  }
  return all;
}

}  // namespace

Figures figures_of(const Restoration& restoration, bool raw) {
  if (!raw) return {restoration.psnr, restoration.ssim};
  Figures figures{restoration.raw_psnr, std::nullopt};
  if (restoration.truth) figures.ssim = ssim(restoration.raw, *restoration.truth);
  return figures;
}

Json result_json(const Restoration& restoration, const Figures& figures, const Written& written) {
  return {{"psnr", number_or_null(figures.psnr)},
          {"ssim", number_or_null(figures.ssim)},
          {"raw_psnr", number_or_null(restoration.raw_psnr)},
          {"expected_psnr_of_missing", restoration.expected ? Json(restoration.expected->psnr) : Json()},
          {"expected_within", restoration.expected ? Json(restoration.expected->within) : Json()},
          {"uncertainty", uncertainty_or_null(restoration.uncertainty, written.uncertainty)},
          {"classic", restoration.classic},
          {"classic_share", restoration.classic_share},
          {"iterations", restoration.iterations},
          {"best_iteration", restoration.best_iteration},
          {"reason", restoration.reason},
          {"failure", restoration.failure},
          {"resumed_from_iteration", restoration.resumed_from},
          {"seconds", restoration.seconds},
          {"iterations_per_second", restoration.iterations_per_second},
          {"peak_bytes", restoration.peak_bytes},
          {"seed", restoration.seed},
          {"method", restoration.method},
          {"recipe", restoration.recipe},
          {"device", restoration.device},
          {"version", build_info().version},
          {"output", written.output}};
}

Json settings_json(const RunFacts& facts, const Request& request, const Restoration& restoration) {
  const BuildInfo build = build_info();
  const Settings& settings = request.settings;
  Json all{{"what was done", facts.summary}};
  for (const auto& [name, value] : request.options) all[name] = value == "true" ? "yes" : value;
  all["recipe"] = restoration.recipe;
  all["changed values"] = assignments(settings.set);
  all["seed"] = std::to_string(restoration.seed);
  all["ran on"] = restoration.device;
  all["instruction set"] = build.instruction_set;
  all["threads"] = std::to_string(settings.threads > 0 ? settings.threads : build.threads);
  if (restoration.iterations > 0) {
    all["iterations a second"] = fmt::format("{:.2f}", restoration.iterations_per_second);
  }
  all["most memory"] = fmt::format("{:.0f} MB", static_cast<double>(restoration.peak_bytes) / 1e6);
  all["dipper"] = build.version;
  return all;
}

Json run_json(const RunFacts& facts, const Request& request, const Restoration& restoration, const Course& course,
              const Json& result) {
  return {{"task", request.task},
          {"input", {{"file", facts.input}, {"width", request.input.width}, {"height", request.input.height}}},
          {"width", restoration.image.width},
          {"height", restoration.image.height},
          {"raw", facts.raw},
          {"command", facts.command},
          {"summary", facts.summary},
          {"settings", settings_json(facts, request, restoration)},
          {"recipe", restoration.recipe_text},
          {"files", facts.files},
          {"result", result},
          {"curve", curve_json(course)}};
}

}  // namespace dipper::view
