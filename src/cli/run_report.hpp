// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

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

    [[nodiscard]] bool has_picture() const { return psnr || expected; }
  };

  void add(const Point& point);
  void thin_out();
  void add_pictures(const Request& request, const Restoration& restoration);
  [[nodiscard]] Json curve() const;
  [[nodiscard]] Json settings(const Restoration& restoration) const;
  [[nodiscard]] Json files() const;

  const RestoreOptions& options_;
  std::vector<std::string> words_;
  Report report_;
  std::string summary_;
  std::vector<Point> points_;
  int between_ = 1;  // iterations from one point without a picture to the next
};

}  // namespace dipper::cli
