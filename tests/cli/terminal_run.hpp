// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dipper::test {

/// What the program finds itself in.
struct Terminal {
  int columns = 80;
  int rows = 24;
  int cell_width = 0;  ///< in pixels; 0: the terminal does not tell
  int cell_height = 0;
  std::vector<std::string> environment = {"TERM=xterm-256color"};  ///< all of it
  std::string answer{};                                            ///< to each question of its attributes
  std::string typed{};                                             ///< before the program starts
  bool is_own = true;                                              ///< the program is started from it
};

/// A run of the real program with a pseudo terminal as its stdin and stderr.
class TerminalRun {
 public:
  /// Starts it in `folder`.
  TerminalRun(const std::filesystem::path& folder, std::vector<std::string> arguments, Terminal terminal);

  /// Ends it, unless somebody has waited for it.
  ~TerminalRun();
  TerminalRun(const TerminalRun&) = delete;
  TerminalRun& operator=(const TerminalRun&) = delete;

  /// Reads what the program writes until `text` is among what came since the last call; false when it ends before.
  [[nodiscard]] bool wait_for(const std::string& text);

  void type(const std::string& text) const;
  void resize(int columns, int rows) const;
  void signal(int number) const;

  struct End {
    int code = -1;              ///< of a process that a signal ended, minus the signal
    std::string shown;          ///< all that the terminal got
    std::string out;            ///< what it wrote to stdout, which is a file
    std::string typed;          ///< what was typed and not read
    bool is_as_it_was = false;  ///< the mode of the terminal
  };

  /// Waits for the end.
  [[nodiscard]] End wait();

 private:
  bool read_some();
  [[nodiscard]] std::string left_to_read() const;

  Terminal terminal_;
  int master_ = -1;
  int slave_ = -1;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> out_;
  pid_t process_ = -1;
  termios before_{};
  std::string shown_;
  std::size_t seen_ = 0;      // by wait_for
  std::size_t answered_ = 0;  // up to where in shown_
};

}  // namespace dipper::test
