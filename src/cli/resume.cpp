// SPDX-License-Identifier: Apache-2.0
#include "cli/resume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/check.hpp"
#include "base/text.hpp"
#include "cli/clashes.hpp"

namespace dipper::cli {
std::string checkpoint_file(const RestoreOptions& options) {
  if (options.checkpoint == "none") return "";
  if (!options.checkpoint.empty()) return options.checkpoint;
  return options.method == "fit" ? options.output + ".checkpoint" : "";
}

std::string warning_of_replacement(const RestoreOptions& options) {
  const std::string file = checkpoint_file(options);
  std::error_code error;
  if (file.empty() || !options.settings.resume.empty() || !std::filesystem::exists(file, error)) return "";
  return fmt::format(
      "an earlier run left {0}, which this one replaces when it has something to save; --resume {0} goes "
      "on from it",
      file);
}

std::vector<std::string> without_resume(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--resume") {
      ++i;  // what this run went on from
    } else if (!words[i].starts_with("--resume=")) {
      kept.push_back(words[i]);
    }
  }
  return kept;
}

std::string resume_command(const std::vector<std::string>& words, const std::string& checkpoint) {
  std::vector<std::string> kept = without_resume(words);
  DIPPER_CHECK(kept.size() >= 2);
  kept.insert(kept.begin() + 2, {"--resume", checkpoint});  // after the name of the command
  return command_line(kept);
}

void remove_checkpoint(const RestoreOptions& options, const Restoration& restoration) {
  const std::string file = checkpoint_file(options);
  if (restoration.stopped || !options.checkpoint.empty() || file.empty()) return;
  const std::filesystem::path& resumed = options.settings.resume;
  const bool is_ours = !restoration.checkpoint.empty() || (restoration.resumed_from > 0 && same_file(resumed, file));
  if (!is_ours) return;
  std::error_code error;
  std::vector<std::filesystem::path> files = checkpoint_files(file);
  std::reverse(files.begin(), files.end());  // the newest last: whenever this is cut short, it can be gone on from
  for (const std::filesystem::path& one : files) std::filesystem::remove(one, error);
}

}  // namespace dipper::cli
