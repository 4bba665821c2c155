// SPDX-License-Identifier: Apache-2.0
#include "cli/watched_run.hpp"

#include <utility>

namespace dipper::cli {
WatchedRun::WatchedRun(const RestoreOptions& options, const Request& request, const std::string& title,
                       const std::vector<std::string>& words, const Json& files) {
  view::Doors doors;
  doors.output = options.output;
  doors.save = [file = options.output](const Image& chosen) { write_image(file, chosen); };
  doors.quit = end_.door();
  Settings settings = request.settings;  // of runs that the page begins later
  settings.checkpoint.clear();
  settings.resume.clear();
  settings.iterations.reset();
  settings.recipe.clear();
  settings.set.clear();
  page_ = open_view(options.page, settings, std::move(doors), true);
  view::Album& album = page_->studio().album();
  view::RunPlan plan;
  plan.title = title;
  plan.request = request;
  plan.words = words;
  plan.raw = options.raw;
  plan.files = files;
  plan.input = album.add(options.input, "", request.input);
  if (request.truth) plan.truth = album.add(options.truth, "", *request.truth);
  run_ = page_->studio().begin_elsewhere(std::move(plan));
}

void WatchedRun::stay(const Restoration& restoration) {
  run_->finish(restoration);
  end_.wait();
}

}  // namespace dipper::cli
