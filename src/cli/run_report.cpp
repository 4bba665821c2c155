// SPDX-License-Identifier: Apache-2.0
#include "cli/run_report.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "cli/outputs.hpp"
#include "view/run_record.hpp"

namespace dipper::cli {
RunReport::RunReport(const RestoreOptions& options, std::string command, Json files)
    : options_(options),
      command_(std::move(command)),
      files_(std::move(files)),
      report_(options.report),
      course_(options.raw) {}

void RunReport::follow(const Progress& progress) {
  if (!progress.stage.empty()) return;
  if (summary_.empty()) summary_ = progress.summary;
  if (progress.picture != nullptr) {
    report_.frame(progress.iteration, options_.raw ? *progress.raw : *progress.picture);
  }
  course_.follow(progress);
}

void RunReport::add_pictures(const Request& request, const Restoration& restoration) {
  const Image& restored = options_.raw ? restoration.raw : restoration.image;
  const Image& damaged = restoration.damaged ? *restoration.damaged : request.input;
  report_.picture("damaged", "damaged", damaged);
  report_.picture("restored", "restored", restored);
  if (restoration.iterations > 0) report_.last_frame(restoration.iterations, restored);
  if (restoration.truth) report_.picture("truth", "truth", *restoration.truth);
  if (!options_.uncertainty.empty() && restoration.uncertainty) {
    report_.picture("uncertainty", "how far each pixel may be off", uncertainty_map(*restoration.uncertainty));
  }
}

void RunReport::write(const Request& request, const Restoration& restoration, const Json& result, bool has_output) {
  add_pictures(request, restoration);
  course_.finish(restoration);
  Json files = files_;
  if (has_output) {
    files.push_back({{"what", "output"}, {"file", options_.output}, {"sha256", sha256_of(read_file(options_.output))}});
  }
  const view::RunFacts facts{options_.input, command_, summary_, std::move(files), options_.raw};
  report_.write(fmt::format("{} {}", request.task, options_.input),
                to_line(view::run_json(facts, request, restoration, course_, result)));
}

}  // namespace dipper::cli
