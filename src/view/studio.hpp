// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/json.hpp"
#include "base/temporary_folder.hpp"
#include "dipper/dipper.hpp"
#include "view/album.hpp"
#include "view/run.hpp"

namespace dipper::view {

/// What the page works with: pictures, the one that is to be restored, and one run at a time.
class Studio {
 public:
  /// settings: of the runs that the page begins, as far as it does not say otherwise.
  explicit Studio(Settings settings);
  /// Stops the run.
  ~Studio();
  Studio(const Studio&) = delete;
  Studio& operator=(const Studio&) = delete;

  [[nodiscard]] Album& album() { return album_; }

  /// Makes it the picture that is to be restored. Throws Error while a run goes.
  void choose(const PictureHandle& picture);

  /// Begins a run that the page asks for: {"task", "picture", "options", "pictures", "truth", "method", "settings"}.
  /// Throws Error while another goes, and for what no run can be made of.
  void begin(const Json& wish);

  /// Goes on with the last one.
  void go_on_longer();

  /// A run that somebody else makes, who calls its follow(), and finish() or fail().
  [[nodiscard]] std::shared_ptr<Run> begin_elsewhere(RunPlan plan);

  /// The last run. Throws Error when there was none yet.
  [[nodiscard]] std::shared_ptr<Run> run() const;

  /// What making a picture for the page took: so seldom the run that goes may ask for one.
  void still_took(double seconds) const;

  /// Another number whenever there is something else to tell.
  [[nodiscard]] std::uint64_t version();

  /// What the page shows.
  [[nodiscard]] Json state() const;

 private:
  [[nodiscard]] bool is_busy() const;
  void start(std::shared_ptr<Run> run, Request request);
  [[nodiscard]] RunPlan plan(const Json& wish) const;
  void take_options(const Json& wish, RunPlan& plan) const;

  Settings settings_;
  TemporaryFolder folder_;
  Album album_;
  mutable std::mutex mutex_;
  std::uint64_t version_ = 1;
  int runs_ = 0;
  PictureHandle picture_;
  std::shared_ptr<Run> run_;
  std::thread thread_;
};

}  // namespace dipper::view
