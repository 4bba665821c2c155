// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/unfinished.hpp"
#include "cli/attempts.hpp"
#include "cli/claim.hpp"
#include "cli/restore_options.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {

/// Ten times the standard deviation, as gray of 8 bits.
[[nodiscard]] Image uncertainty_map(const Uncertainty& uncertainty);

/// The folder of the frames. Folders that it had to make are removed again when nothing was written.
class FrameFolder {
 public:
  explicit FrameFolder(std::filesystem::path folder);

  void write(int iteration, const Image& picture) const;

 private:
  std::filesystem::path folder_;
  std::list<Unfinished> made_;  // the innermost first
};

/// Everything that a run writes.
class Outputs {
 public:
  /// Throws Error for every output that could not be written, whose format cannot hold a picture like the input, that
  /// would overwrite an input, that two of them share, or that another run is writing. Does so before the fit, because
  /// nobody wants to hear it after an hour.
  Outputs(const RestoreOptions& options, const Image& input);

  /// Throws Error when the format cannot hold a picture of this size: the restored one may be larger than the input.
  void check_size(int width, int height) const;

  /// What it is likely to take to write each pixel of a picture like this one, measured by a part of it.
  [[nodiscard]] double seconds_per_pixel(const Image& like) const;

  /// Takes the picture along, when the fit shows one. A frame that cannot be written costs no fit: what is wrong with
  /// the first is returned, one sentence, and thrown by write().
  [[nodiscard]] std::string frame(const Progress& progress);

  /// Writes whatever can be written. Throws the first Error that there was then.
  void write(const Request& request, const Restoration& restoration);

  /// Whether write() has written the restored picture.
  [[nodiscard]] bool has_picture() const { return has_picture_; }

 private:
  const RestoreOptions& options_;
  std::vector<Claim> claims_;
  int channels_;
  std::optional<FrameFolder> frames_;
  std::optional<Animation> animation_;
  Attempts frames_written_;
  bool has_picture_ = false;
  int last_frame_ = -1;  // its iteration
};

}  // namespace dipper::cli
