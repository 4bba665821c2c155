// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "damage/cover.hpp"
#include "image/blur_kernel.hpp"

namespace dipper {

/// Damage as plain data: what the options say.
struct Plan {
  std::optional<Kernel> blur;
  int downscale = 1;
  double photons = 0;  // at white; 0: no noise of light
  double noise = 0;    // sigma, where white is 1
  int jpeg = 0;        // quality; 0: none
  double drop = 0;     // share of the pixels
  std::optional<std::vector<std::u32string>> text;
  int scratches = 0;
  std::optional<Hole> hole;

  [[nodiscard]] bool covers() const { return drop > 0 || text || scratches > 0 || hole; }
};

/// One option: everything that is known of it.
struct DamageOption {
  const char* name;
  const char* value;   // what to write for its value; in brackets when it may be left out
  const char* help;    // one line
  const char* preset;  // what a value that was left out stands for
  void (*parse)(const std::string& text, Plan& plan);
};

/// Every option there is, in the order in which damage is done.
[[nodiscard]] std::span<const DamageOption> damage_option_table();

/// Throws Error for an option that does not exist, a value that is none of its, two blurs, and no option at all.
[[nodiscard]] Plan parse_plan(const std::map<std::string, std::string>& given);

}  // namespace dipper
