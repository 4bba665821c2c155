// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.hpp"
#include "cli/restore_options.hpp"
#include "dipper/dipper.hpp"
#include "view/course.hpp"

namespace dipper::cli {

/// What --report writes: follows a run, and puts down what came of it and what it takes to do it again.
class RunReport {
 public:
  /// command: that does it again; files: as of Inputs. Throws Error when the report cannot be written.
  RunReport(const RestoreOptions& options, std::string command, Json files);

  void follow(const Progress& progress);

  /// result: what --json prints; has_output: whether the restored picture could be written. To be called when all other
  /// files are.
  void write(const Request& request, const Restoration& restoration, const Json& result, bool has_output);

 private:
  void add_pictures(const Request& request, const Restoration& restoration);

  const RestoreOptions& options_;
  std::string command_;
  Json files_;
  Report report_;
  std::string summary_;
  view::Course course_;
};

}  // namespace dipper::cli
