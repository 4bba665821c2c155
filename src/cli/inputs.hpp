// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.hpp"
#include "cli/restore_options.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {

/// What a run is made of.
struct Inputs {
  Request request;
  Json files = Json::array();  ///< [{"what", "file", "sha256"}] of all that was read for it, as it was then
};

/// Reads every file once, so that a pipe will do. Throws Error for one that cannot be read or is no picture.
[[nodiscard]] Inputs read_inputs(const std::string& task, const RestoreOptions& options);

}  // namespace dipper::cli
