// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace dipper::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

volatile std::sig_atomic_t paused = 0;

constexpr std::array<int, 3> held_signals = {SIGINT, SIGTERM, SIGTSTP};
std::array<volatile std::sig_atomic_t, held_signals.size()> waiting{};

extern "C" void note_pause(int /*signal*/) {
  paused = 1;
}

extern "C" void let_wait(int signal) {
  for (std::size_t i = 0; i < held_signals.size(); ++i) {
    if (held_signals[i] == signal) waiting[i] = 1;
  }
}

// A file, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

// The terminal hands on every byte at once and shows none of them. Ctrl-C stays what it is.
class Unbuffered {
 public:
  explicit Unbuffered(int terminal) : terminal_(terminal), works_(::tcgetattr(terminal, &before_) == 0) {
    if (!works_) return;
    termios mode = before_;
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    works_ = ::tcsetattr(terminal, TCSANOW, &mode) == 0;
  }
  ~Unbuffered() {
    if (works_) ::tcsetattr(terminal_, TCSANOW, &before_);
  }
  Unbuffered(const Unbuffered&) = delete;
  Unbuffered& operator=(const Unbuffered&) = delete;
  [[nodiscard]] bool works() const { return works_; }

 private:
  int terminal_;
  termios before_{};
  bool works_;
};

bool was_typed_to(int terminal) {
  int bytes = 0;
  return ::ioctl(terminal, FIONREAD, &bytes) != 0 || bytes > 0;
}

// Whether a signal came that has to wait for us.
bool is_hurried() {
  return std::ranges::any_of(waiting, [](std::sig_atomic_t waits) { return waits != 0; });
}

// One byte at a time, because what follows the answer is for somebody else.
std::string read_answer(int terminal, milliseconds patience) {
  constexpr int a_moment = 20;  // milliseconds
  const auto end = steady_clock::now() + patience;
  std::string answer;
  while (attributes_in(answer).empty()) {
    if (steady_clock::now() >= end || is_hurried()) return "";
    pollfd ready{terminal, POLLIN, 0};
    if (::poll(&ready, 1, a_moment) <= 0) continue;
    char byte = 0;
    if (::read(terminal, &byte, 1) != 1) return "";
    answer += byte;
  }
  return answer;
}

}  // namespace

Window terminal_window() {
  Window window;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return window;
  window.columns = size.ws_col;
  window.rows = size.ws_row;
  if (size.ws_xpixel < size.ws_col || size.ws_ypixel < size.ws_row) return window;
  window.cell_width = static_cast<double>(size.ws_xpixel) / size.ws_col;
  window.cell_height = static_cast<double>(size.ws_ypixel) / size.ws_row;
  return window;
}

bool in_background() {
  const pid_t shown = ::tcgetpgrp(STDERR_FILENO);
  return shown >= 0 && shown != ::getpgrp();
}

std::string attributes_in(const std::string& answer) {
  constexpr std::string_view begin = "\x1b[?";
  const std::size_t at = answer.rfind(begin);
  if (at == std::string::npos || !answer.ends_with('c')) return "";
  const std::string attributes = answer.substr(at + begin.size(), answer.size() - 1 - at - begin.size());
  return attributes.find_first_not_of("0123456789;") == std::string::npos ? attributes : "";
}

std::string ask_terminal(const std::string& question, milliseconds patience) {
  // Elsewhere a change of the terminal's mode would stop the program.
  if (::tcgetpgrp(STDERR_FILENO) != ::getpgrp()) return "";
  const SignalsWait wait;
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (terminal.number() < 0) return "";
  const Unbuffered unbuffered(terminal.number());
  if (!unbuffered.works() || was_typed_to(terminal.number())) return "";
  // The end removes what a terminal may have shown of a question that it did not understand.
  const std::string text = question + "\x1b[c\r\x1b[K";
  if (::write(terminal.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return "";
  return read_answer(terminal.number(), patience);
}

void watch_for_pauses() {
  struct sigaction action {};
  action.sa_handler = note_pause;
  action.sa_flags = static_cast<int>(SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGCONT, &action, nullptr);
}

bool has_paused() {
  const bool has = paused != 0;
  paused = 0;
  return has;
}

SignalsWait::SignalsWait() {
  struct sigaction action {};
  action.sa_handler = let_wait;
  action.sa_flags = static_cast<int>(SA_RESTART);
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < held_signals.size(); ++i) {
    waiting[i] = 0;
    sigaction(held_signals[i], &action, &before_[i]);
  }
}

SignalsWait::~SignalsWait() {
  for (std::size_t i = 0; i < held_signals.size(); ++i) sigaction(held_signals[i], &before_[i], nullptr);
  for (std::size_t i = 0; i < held_signals.size(); ++i) {
    if (waiting[i] != 0) static_cast<void>(std::raise(held_signals[i]));
  }
}

}  // namespace dipper::cli
