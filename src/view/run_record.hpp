// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "dipper/dipper.hpp"
#include "view/course.hpp"

namespace dipper::view {

/// Of the picture that was written.
struct Figures {
  std::optional<double> psnr;
  std::optional<double> ssim;
};

/// raw: the network's own output was.
[[nodiscard]] Figures figures_of(const Restoration& restoration, bool raw);

/// Where a run's pictures went.
struct Written {
  std::string output;
  std::string uncertainty;  ///< empty where there is no such map
};

/// Figures, seed, recipe, and the rest of what came of a run: what --json prints.
[[nodiscard]] Json result_json(const Restoration& restoration, const Figures& figures, const Written& written);

/// What a run was told, beside its request.
struct RunFacts {
  std::string input;    ///< the file
  std::string command;  ///< that does it again
  std::string summary;  ///< Progress::summary
  Json files;           ///< [{"what", "file", "sha256"}]
  bool raw = false;     ///< the network's own output was written
};

/// For a reader, by name; the command says the same to a machine.
[[nodiscard]] Json settings_json(const RunFacts& facts, const Request& request, const Restoration& restoration);

/// Everything about a run: what a report shows, beside its pictures.
[[nodiscard]] Json run_json(const RunFacts& facts, const Request& request, const Restoration& restoration,
                            const Course& course, const Json& result);

}  // namespace dipper::view
