// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/evenly.hpp"
#include "cli/json.hpp"
#include "cli/restore_options.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {

/// What --report writes: follows a run, and puts down what came of it and what it takes to do it again.
class RunReport {
 public:
  /// words: the command line. Throws Error when the report cannot be written.
  RunReport(const RestoreOptions& options, std::vector<std::string> words);

  void follow(const Progress& progress);

  /// result: what --json prints. To be called when all other files are written.
  void write(const Request& request, const Restoration& restoration, const Json& result);

 private:
  struct Point {
    int iteration = 0;
    double seconds = 0;
    double loss = 0;
    std::optional<double> psnr{};
    std::optional<double> expected{};
  };

  void add_pictures(const Request& request, const Restoration& restoration);
  [[nodiscard]] Json curve() const;
  [[nodiscard]] Json settings(const Restoration& restoration) const;
  [[nodiscard]] Json files() const;

  const RestoreOptions& options_;
  std::vector<std::string> words_;
  Report report_;
  std::string summary_;
  static constexpr std::size_t most_points = 2000;
  Evenly<Point> with_picture_{most_points};
  Evenly<Point> without_{most_points};
};

}  // namespace dipper::cli
