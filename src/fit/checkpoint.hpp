// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "fit/fit.hpp"
#include "fit/judge.hpp"
#include "fit/recipe.hpp"
#include "fit/safetensors.hpp"
#include "fit/spread.hpp"

namespace dipper {

/// What the bits of a fit follow from, beside its target.
struct Origin {
  std::string version;  // of dipper
  std::string task;
  std::string device;  // with its instruction set
  std::uint64_t seed = 0;
  const Recipe& recipe;
  bool exactly = true;  // its iterations, so that a state that is past them is refused
};

/// The states of one fit, of its judge and of its spread, in files: safetensors of all that their visit() shows, with
/// numbers, origin and a checksum over everything in the metadata. Two generations are kept, FILE and FILE.1.
class Checkpoints {
 public:
  Checkpoints(const Origin& origin, const Target& target);

  /// Writes FILE whole or not at all. The one before it becomes FILE.1 when it is known to be good, that is, when it
  /// was written or read here. Throws Error when it cannot be written; what was there then still is, in one of the two.
  void save(const std::filesystem::path& file, Fit& fit, Judge* judge = nullptr, Spread* spread = nullptr);

  /// Brings `fit`, which has made no step, to the state in FILE, or in FILE.1 when FILE is missing or broken. Returns
  /// what the user should know of that, in one sentence, or nothing. Throws Error when both are missing or broken, and
  /// for a checkpoint of another origin or target, naming the difference: but for the device, whose other bits are
  /// only worth a note, and for the number of iterations, which the checkpoint may not have passed where it is exact.
  [[nodiscard]] std::string resume(const std::filesystem::path& file, Fit& fit, Judge* judge = nullptr,
                                   Spread* spread = nullptr);

 private:
  Metadata description_;           // of origin and target
  std::optional<int> iterations_;  // that the state may not have passed
  std::filesystem::path good_;     // the file that is known to be good
};

/// FILE.1, beside what FILE leads to.
[[nodiscard]] std::filesystem::path older_checkpoint(const std::filesystem::path& file);

}  // namespace dipper
