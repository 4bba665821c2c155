// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <string>

namespace dipper::cli {

/// The terminal's window, in characters, and a character in pixels. Where it does not tell, what most have.
struct Window {
  int columns = 80;
  int rows = 24;
  double cell_width = 8;
  double cell_height = 16;

  bool operator==(const Window&) const = default;
};

/// The window of the terminal on stderr.
[[nodiscard]] Window terminal_window();

/// Whether the terminal on stderr shows what others do now.
[[nodiscard]] bool in_background();

/// What the terminal answers to `question` and to being asked for its attributes (DA1), which is the end of the answer
/// and what any terminal knows. Empty when nothing comes for so long, when somebody has typed what reading would
/// swallow, in the background, and when stderr is not the terminal that this program was started from.
[[nodiscard]] std::string ask_terminal(const std::string& question, std::chrono::milliseconds patience);

/// The attributes with which such an answer ends, such as "62;4;22"; empty when it does not.
[[nodiscard]] std::string attributes_in(const std::string& answer);

/// From here on it is known when this program was stopped by Ctrl-Z and went on.
void watch_for_pauses();

/// Whether it was since this was last asked. The screen may look different then.
[[nodiscard]] bool has_paused();

/// As long as this lives, Ctrl-C, Ctrl-Z and SIGTERM wait, so that the terminal is not left in the middle of something.
class SignalsWait {
 public:
  SignalsWait();
  ~SignalsWait();
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  std::array<struct sigaction, 3> before_{};
};

}  // namespace dipper::cli
