// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/pace.hpp"
#include "base/patience.hpp"
#include "dipper/dipper.hpp"

namespace dipper {

/// Who waits. All of it must outlive the waiting; of the progress the stage and the seconds are written.
struct Listener {
  const Pace& pace;
  Progress& progress;
  const ProgressCallback& callback;
};

/// The caller of restore() while he waits for work beside the iterations: he hears how far it is after half a
/// second and from then on ten times a second, and it ends when he wants to stop or when its time is over.
class Waiting final : public Patience {
 public:
  /// What is known of work that is not over yet.
  enum class Result {
    whole,  // is worth nothing before its end: work that would end too late ends at once
    any,    // is worth something at any time
  };

  /// seconds: that the work may take.
  Waiting(std::string stage, double seconds, Result result, const Listener& listener);

  [[nodiscard]] bool go_on(double done) override;
  [[nodiscard]] double seconds_left() override;

  /// The callback wanted to stop.
  [[nodiscard]] bool stopped() const { return stopped_; }

  /// What the work takes in all, by what of it was done when it was last looked at; 0 where that was not told.
  [[nodiscard]] double expected_seconds() const { return expected_; }

 private:
  std::string stage_;
  double seconds_;
  Result result_;
  Listener listener_;
  double began_;
  double asked_;
  double expected_ = 0;
  bool stopped_ = false;
  bool late_ = false;
};

}  // namespace dipper
