// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "dipper/dipper.hpp"
#include "view/album.hpp"
#include "view/course.hpp"
#include "view/kept_frames.hpp"
#include "view/run_record.hpp"

namespace dipper::view {

/// What is begun.
struct RunPlan {
  int number = 1;
  std::string title;  ///< "inpaint photo.png: balanced quality"
  Request request;
  PictureHandle input;
  PictureHandle truth{};
  Json files = Json::array();                ///< as of RunFacts
  std::vector<std::string> words{};          ///< the command line that does it
  Json wish{};                               ///< what the page asked for; null where it did not
  bool raw = false;                          ///< the network's own output is what matters
  bool may_longer = false;                   ///< it may be gone on with, once it has ended
  std::string output{};                      ///< the file that its result is written to; empty for none
  std::function<void(const Image&)> save{};  ///< writes that again, with a frame that was chosen
  std::function<bool()> ended{};             ///< somebody else wants it to stop
};

/// One restoration on its way, and what is left of it: followed on the thread that makes it, watched and told what to
/// do on others.
class Run {
 public:
  enum class Phase : std::uint8_t { starting, running, paused, done, failed };

  Run(RunPlan plan, Album& album);

  // On the thread that restores:

  /// Waits while the run is paused. Returns whether it is to go on.
  bool follow(const Progress& progress);
  void finish(Restoration restoration);
  /// One that had gone on from a result keeps that.
  void fail(const std::string& sentence);

  // On any other. All but stop() throw Error when that makes no sense now:

  void pause();
  void go_on();
  void stop();
  /// Takes the picture of that iteration for the result, and writes it where the result is written; 0: what the run
  /// made of it. The figures of a frame are its own, where the truth is known.
  void use(int iteration);

  /// Grows with what there is to tell.
  [[nodiscard]] std::uint64_t version();

  [[nodiscard]] Phase phase() const;
  [[nodiscard]] Json state() const;
  [[nodiscard]] Json curve() const;
  [[nodiscard]] bool has_frame(int iteration) const { return frames_.has(iteration); }
  [[nodiscard]] std::optional<Image> frame(int iteration) const { return frames_.frame(iteration); }

  /// What making a picture for the page took: so seldom it may ask for one.
  void still_took(double seconds);

  /// The result, or the frame that was chosen for it. Throws Error before there is one.
  [[nodiscard]] Image result() const;

  /// The report of a run that has ended, as a page. Throws Error before.
  [[nodiscard]] std::string report() const;

  [[nodiscard]] const RunPlan& plan() const { return plan_; }

  /// Makes ready for going on from where the fit ended, half as far again; frames and curve go on too. Returns what is
  /// to be restored for that. Throws Error when that makes no sense now.
  [[nodiscard]] Request go_on_longer();

  /// Why it failed, in one sentence.
  [[nodiscard]] std::string error() const;

 private:
  [[nodiscard]] bool wants_to_stop() const { return stop_ || (plan_.ended && plan_.ended()); }
  [[nodiscard]] bool may_go_on_longer() const;
  [[nodiscard]] Json result_of_frame(int iteration, const Image& frame) const;
  [[nodiscard]] const Image& made() const { return plan_.raw ? restoration_->raw : restoration_->image; }
  [[nodiscard]] RunFacts facts() const;

  RunPlan plan_;
  Album& album_;
  KeptFrames frames_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t version_ = 1;
  Phase phase_ = Phase::starting;
  bool stop_ = false;
  Progress told_;              // without pictures
  double seconds_before_ = 0;  // of a run that this goes on from; all that is told is with them
  std::optional<double> psnr_;
  PictureHandle damaged_;
  PictureHandle truth_;
  Course course_;
  int points_ = 0;  // that the course was given
  int shown_ = 0;   // the frame that the page may ask for
  std::chrono::steady_clock::time_point shown_at_;
  double still_seconds_ = 0;
  int used_ = 0;
  std::shared_ptr<const Restoration> restoration_;  // the last; while going on from it, still that
  Json result_;                                     // of it, or of the frame that was chosen
  Json made_result_;                                // of it
  Json settings_ = Json::array();
  std::string error_;
};

}  // namespace dipper::view
