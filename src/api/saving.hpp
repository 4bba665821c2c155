// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "api/pace.hpp"
#include "dipper/dipper.hpp"
#include "fit/checkpoint.hpp"

namespace dipper {

/// The checkpoints that one run reads and writes, and when.
class Saving {
 public:
  /// Hashes all that the fit is fitted to, which takes a moment, where the settings name a checkpoint.
  Saving(const Settings& settings, const Origin& origin, const Target& target,
         Pace::Clock clock = Pace::steady_clock());

  /// Brings the fit, its judge and its spread to where an earlier run ended, and returns what is to be said of that.
  /// Throws Error as Checkpoints does.
  [[nodiscard]] std::string resume(Fit& fit, Judge* judge, Spread* spread);

  /// The fit begins: the first checkpoint is due when the time between two has passed.
  void begin() { saved_at_ = clock_(); }

  [[nodiscard]] bool is_due() const;

  /// Whether the last state is to be saved, of a fit that somebody stopped or that came to its end.
  [[nodiscard]] bool is_due_at_end(bool stopped) const;

  /// Returns what is to be said of it: a disk that is full for a while must not cost the fit.
  [[nodiscard]] std::string save(Fit& fit, Judge* judge, Spread* spread);

  /// The checkpoint that was written; empty before.
  [[nodiscard]] const std::filesystem::path& saved_to() const { return saved_to_; }

 private:
  Settings settings_;
  Pace::Clock clock_;
  std::optional<Checkpoints> checkpoints_;
  double saved_at_;
  std::filesystem::path saved_to_;
};

}  // namespace dipper
