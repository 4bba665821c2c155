// SPDX-License-Identifier: Apache-2.0
#include "cli/watched_run.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace dipper::cli {
WatchedRun::WatchedRun(const RestoreOptions& options, const Request& request, const std::string& title,
                       const std::vector<std::string>& words, const Json& files) {
  Settings later;  // of runs that the page begins
  later.device = request.settings.device;
  later.precision = request.settings.precision;
  later.threads = request.settings.threads;
  later.max_memory = request.settings.max_memory;
  page_ = open_view(options.page, later, end_.quit(), true);
  view::Album& album = page_->studio().album();
  album.take(options.limits);
  view::RunPlan plan;
  plan.title = title;
  plan.request = request;
  plan.words = words;
  plan.raw = options.raw;
  plan.files = files;
  plan.output = options.output;
  plan.save = [file = options.output](const Image& chosen) { write_image(file, chosen); };
  plan.ended = end_.ended();
  plan.input = album.add(options.input, "", request.input);
  if (request.truth) plan.truth = album.add(options.truth, "", *request.truth);
  run_ = page_->studio().begin_elsewhere(std::move(plan));
}

void WatchedRun::fail(const std::string& sentence) {
  using namespace std::chrono_literals;
  run_->fail(sentence);
  std::this_thread::sleep_for(500ms);  // for the page to hear of it
}

void WatchedRun::stay(const Restoration& restoration) {
  run_->finish(restoration);
  end_.wait();
}

}  // namespace dipper::cli
