// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "cli/preview.hpp"
#include "cli/restore_options.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {

/// Tells on stderr how a fit gets on.
class ProgressReport {
 public:
  /// `title` says what is done to what, such as "inpaint photo.png 512x512 RGB: recipe quick". Throws Error where no
  /// preview can be shown although one was asked for.
  ProgressReport(const RestoreOptions& options, std::string title);

  /// Ends a line that was redrawn.
  ~ProgressReport();
  ProgressReport(const ProgressReport&) = delete;
  ProgressReport& operator=(const ProgressReport&) = delete;

  void update(const Progress& progress);

  /// Says what is not as it should be, to a quiet run too; nothing for an empty note.
  void tell(const std::string& note);

  /// `sentence` sums the run up; the JSON style writes an object of its own instead. `resume` is the command that goes
  /// on where the run stopped, empty where none does.
  void finish(const std::string& sentence, const Restoration& restoration, const std::string& resume);

 private:
  void begin(const Progress& progress);
  void show(const Progress& progress);
  void show_stage(const Progress& progress);
  void write(const std::string& lines);
  void redraw(const std::string& line);
  void end_line();
  [[nodiscard]] bool due(const Progress& progress) const;
  [[nodiscard]] std::string figures(const Progress& progress) const;

  ProgressStyle style_;
  bool quiet_;
  bool raw_;  // what is written is the network's own output, so its PSNR is shown
  std::string title_;
  bool begun_ = false;
  bool line_open_ = false;  // a redrawn line stands unfinished; never with a preview, which has one of its own
  std::optional<Preview> preview_;
  std::optional<double> psnr_;
  std::chrono::steady_clock::time_point shown_;
  std::string stage_;  // that was told last
};

/// 82 -> "1 min 22 s".
[[nodiscard]] std::string duration(double seconds);

}  // namespace dipper::cli
