// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dipper/image.hpp"

namespace dipper {

/// The pictures side by side in one, each scaled by area averaging to at most `height` rows (0: as they are), with a
/// white gap between them. Gray pictures become RGB beside RGB ones; alpha is shown over a checkerboard. 8 bit sRGB.
[[nodiscard]] Image strip(std::span<const Image> pictures, int height = 0);

/// The file name of a fit's frame, such as "frame_000250.png": six digits or more, so that names sort as time does.
[[nodiscard]] std::string frame_name(int iteration);

/// The frames of a fit as a GIF or an animated WebP that plays for ever. Compresses each as it comes.
class Animation {
 public:
  /// Checks that the target can be written, so that this is known before the fit. Frames are scaled so that the longer
  /// side has at most `size` pixels. Throws Error for an extension other than .gif and .webp.
  explicit Animation(const std::filesystem::path& target, int size = 200);
  ~Animation();
  Animation(const Animation&) = delete;
  Animation& operator=(const Animation&) = delete;
  Animation(Animation&&) noexcept;
  Animation& operator=(Animation&&) noexcept;

  void add(const Image& frame);

  /// Encodes and renames into place; the last frame stays longer. Throws Error when the disk is full.
  void write();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A run as one page that needs nothing else, neither files nor a network: what was restored, how it went, the frames,
/// and what it takes to do it again; and the same as JSON beside it.
class Report {
 public:
  /// target: a file FILE.html, beside which FILE.json is written, or the folder of index.html and run.json, which is
  /// made if need be. Throws Error when they cannot be written, so that this is known before the fit.
  explicit Report(const std::filesystem::path& target);
  /// One that is nowhere written: see page().
  Report();
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  Report(Report&&) noexcept;
  Report& operator=(Report&&) noexcept;

  /// A frame of the fit. Of very many only some are kept, evenly.
  void frame(int iteration, const Image& picture);

  /// The one that ends them, whether it was a frame already or not.
  void last_frame(int iteration, const Image& picture);

  /// A picture of the run: "damaged", "restored", "truth" or "uncertainty", and what it is called on the page.
  void picture(const std::string& name, const std::string& label, const Image& picture);

  /// The page as one HTML text that needs nothing else; run: as of write().
  [[nodiscard]] std::string page(const std::string& title, const std::string& run) const;

  /// run: what `dipper ... --report` writes, as JSON; docs/report.md tells its values. Throws Error when the disk is
  /// full.
  void write(const std::string& title, const std::string& run);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a report of that target writes: the page and the JSON.
[[nodiscard]] std::vector<std::filesystem::path> report_files(const std::filesystem::path& target);

}  // namespace dipper
