// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/restore_options.hpp"
#include "cli/view_options.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {

/// What --view does: the run of a command on a page, which can pause and stop it, and choose what is written.
class WatchedRun {
 public:
  /// title, words: what is done, in short and as the command line; files: as of Inputs. Says on the standard error
  /// where the page is.
  WatchedRun(const RestoreOptions& options, const Request& request, const std::string& title,
             const std::vector<std::string>& words, const Json& files);

  /// Waits while somebody has paused the run. Returns whether it is to go on: nobody has stopped it, or ended the page.
  bool follow(const Progress& progress) { return run_->follow(progress); }

  /// Tells the page why there is no result; nobody waits for anything then.
  void fail(const std::string& sentence);

  /// Shows what came of it until somebody ends it. To be called when all files are written.
  void stay(const Restoration& restoration);

 private:
  PageEnd end_;
  std::unique_ptr<view::View> page_;
  std::shared_ptr<view::Run> run_;
};

}  // namespace dipper::cli
