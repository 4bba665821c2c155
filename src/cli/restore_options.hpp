// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/view_options.hpp"
#include "dipper/dipper.hpp"

namespace CLI {
class App;
}

namespace dipper::cli {

/// How the fit is shown on stderr.
enum class ProgressStyle { automatic, line, plain, json, none };

/// The command line of a task.
struct RestoreOptions {
  std::string input;
  std::string output;
  std::string truth;
  std::map<std::string, std::string> task_options;   ///< by OptionInfo::name; "true" for a switch that was given
  std::map<std::string, std::string> task_pictures;  ///< the files of the options that are pictures
  bool damages = false;  ///< one of them has the task damage a clean input: there will be a damaged picture to write
  std::string method = "fit";
  ReadLimits limits;       ///< of each picture that is read
  Settings settings;       ///< all but its checkpoint
  std::string checkpoint;  ///< as given, "none" too; empty for the default
  std::string frames;      ///< the folder
  std::string animation;
  int animation_size = 200;
  std::string strip;
  std::string uncertainty;  ///< the file of the map
  std::string report;       ///< a folder, or a file that ends in .html
  bool view = false;
  ViewOptions page;
  bool raw = false;
  bool json = false;
  ProgressStyle progress = ProgressStyle::automatic;
  std::string preview;  ///< one of graphics_names(); empty for none
  bool quiet = false;
};

/// Declares every option of a task's command.
void declare(CLI::App& command, const TaskInfo& task, RestoreOptions& options);

/// The words of a command line in which --preview is told to be "auto" where no value of its own follows. Otherwise it
/// would take the picture's file for one in "dipper denoise --preview in.png".
[[nodiscard]] std::vector<std::string> with_preview_told(std::vector<std::string> words);

}  // namespace dipper::cli
