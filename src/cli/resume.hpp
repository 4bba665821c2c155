// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/restore_options.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {

/// Where a run saves its state: as --checkpoint says, or OUTPUT.checkpoint; empty for nowhere.
[[nodiscard]] std::string checkpoint_file(const RestoreOptions& options);

/// One sentence when the run would replace what an earlier one left to go on from; else nothing.
[[nodiscard]] std::string warning_of_replacement(const RestoreOptions& options);

/// A command line that begins anew.
[[nodiscard]] std::vector<std::string> without_resume(const std::vector<std::string>& words);

/// The command, as one types it into a shell, that goes on from `checkpoint` where the run of `words` (the program and
/// its arguments) stopped.
[[nodiscard]] std::string resume_command(const std::vector<std::string>& words, const std::string& checkpoint);

/// Once a fit has ended by itself and its picture is written, nobody needs a checkpoint that nobody asked for.
void remove_checkpoint(const RestoreOptions& options, const Restoration& restoration);

}  // namespace dipper::cli
