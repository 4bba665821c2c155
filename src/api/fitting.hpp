// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/devices.hpp"
#include "api/judging.hpp"
#include "api/pace.hpp"
#include "api/pictures.hpp"
#include "api/saving.hpp"
#include "api/seams.hpp"
#include "base/memory.hpp"
#include "base/patience.hpp"
#include "dipper/dipper.hpp"
#include "fit/fit.hpp"
#include "fit/recipe.hpp"
#include "fit/spread.hpp"
#include "tasks/task.hpp"

namespace dipper {

/// What is fitted, how, and on what. All of it must outlive the fit.
struct FittingParts {
  const Settings& settings;
  const Task& task;
  const Observation& observation;
  const Recipe& recipe;
  const Range& range;
  const Device& device;
};

/// Pictures, with the wanted one's samples as floats, that a fit keeps beside its backend's memory at most.
inline constexpr std::size_t most_pictures_kept = 7;

/// What it is fitted to; the judging must outlive that.
[[nodiscard]] Target target_of(const Observation& observation, const Judging& judging);

/// A network on its way to the picture that a task wants: steps, and the pictures, judgements and checkpoints between
/// them, until there is a reason to end.
class Fitting {
 public:
  /// Memory is taken here. Both `pictures`, which gets what the fit has reached, and `pace`, whose time has begun, must
  /// outlive this. Throws Error for what cannot be fitted.
  Fitting(const FittingParts& parts, Judging judging, Pictures& pictures, Pace& pace);
  ~Fitting() = default;
  Fitting(const Fitting&) = delete;
  Fitting& operator=(const Fitting&) = delete;

  /// Throws FitError when the fit diverged before it had learned anything, and Error for a checkpoint that is not this
  /// fit's.
  void run(const ProgressCallback& callback);

  /// What came out of it, beside the pictures.
  void tell(Restoration& result);

 private:
  void plan_memory();
  void resume();
  void loop(const ProgressCallback& callback);
  [[nodiscard]] bool go_on(const ProgressCallback& callback);
  void measure_picture();
  void expect_picture();
  [[nodiscard]] bool is_time_to_wait(int iteration) const;
  [[nodiscard]] bool is_pictured(int iteration) const;
  void work_ahead();
  /// Whether the device has been given steps that nobody has waited for.
  [[nodiscard]] bool is_ahead() const { return fit_.iteration() > progress_.iteration; }
  void take_figures();
  void tell_mishap(Mishap mishap);
  void tell_note(const std::string& note);
  [[nodiscard]] bool steps_or_time_are_over();
  [[nodiscard]] bool judge_has_seen_enough();
  [[nodiscard]] bool may_go_on() const;
  void plan();
  /// Of a picture that is looked at: one of the recipe's, the last, what becomes of the last when a fit that gathers
  /// ends, or one that only this run shows, because it was stopped or resumed. That one must leave no trace, or it
  /// would differ from a run that never stopped.
  enum class Look { regular, last, end, passing };
  void take_first_picture();
  void take_picture_on_the_way(const ProgressCallback& callback);
  [[nodiscard]] Look last_look(Look of_others) const;
  void take_last_picture(Look look, const ProgressCallback& callback);
  void look_as_if_it_went_on();
  void take_hurried_picture();
  /// What a fit gathers on its way is there at once.
  [[nodiscard]] Patience& on_the_way(Patience& patience) { return fit_.gathers() ? Patience::none() : patience; }
  double draw_picture(Patience& patience);
  void put_excerpt(std::span<float> whole);
  void show_picture(Look look);
  void judge_picture(Look look);
  [[nodiscard]] std::optional<Errors> errors() const;
  [[nodiscard]] std::optional<Expectation> expected() const;
  [[nodiscard]] Spread spread_of_views(const ProgressCallback& callback);
  [[nodiscard]] std::optional<Uncertainty> uncertainty(const ProgressCallback& callback);
  [[nodiscard]] Judge* judge() { return judging_.judge ? &*judging_.judge : nullptr; }
  [[nodiscard]] const Judge* judge() const { return judging_.judge ? &*judging_.judge : nullptr; }
  [[nodiscard]] Spread* spread() { return spread_ ? &*spread_ : nullptr; }

  const Settings& settings_;
  const Observation& observation_;
  const Range& range_;
  Backend& backend_;
  Recipe recipe_;
  int planned_by_recipe_;
  Pictures& pictures_;
  Pace& pace_;
  Judging judging_;
  std::vector<float> drawn_;   // of an excerpt, if the fit sees one
  std::vector<float> output_;  // the network's last one, or what stands for it
  std::vector<float> result_;  // the best so far
  std::vector<float> means_;   // the same as it was fitted, if its uncertainty is asked for
  std::size_t bytes_before_ = resident_bytes();
  std::optional<Spread> spread_;  // of results, where a judge does not tell their errors without it
  std::optional<Errors> errors_;  // of the last result, where a judge tells them
  std::optional<Uncertainty> uncertainty_;
  double classic_share_ = 0;    // of the last result
  std::optional<Seams> seams_;  // where the recipe closes them
  Fit fit_;
  Saving saving_;
  Progress progress_;
  bool expects_picture_ = false;
  Fit::OutputCost cost_;     // of a picture, once it was measured
  double draw_seconds_ = 0;  // that are to be kept for making the last one,
  double show_seconds_ = 0;  // and that it took to show one
  bool ending_ = false;      // the callback has asked for it
  bool stopped_ = false;     // because it has
  std::string reason_;       // why it ended before its last iteration
  std::string failure_;      // why it could not go on
};

}  // namespace dipper
