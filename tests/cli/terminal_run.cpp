// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal_run.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace dipper::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

bool same_mode(const termios& a, const termios& b) {
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag &&
         std::equal(std::begin(a.c_cc), std::end(a.c_cc), std::begin(b.c_cc));
}

}  // namespace

TerminalRun::TerminalRun(const std::filesystem::path& folder, std::vector<std::string> arguments, Terminal terminal)
    : terminal_(std::move(terminal)),
      master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)),
      out_(std::tmpfile(), &std::fclose) {
  EXPECT_EQ(::grantpt(master_), 0);
  EXPECT_EQ(::unlockpt(master_), 0);
  const std::string name = ::ptsname(master_);
  slave_ = ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  resize(terminal_.columns, terminal_.rows);
  EXPECT_EQ(::tcgetattr(slave_, &before_), 0);
  type(terminal_.typed);

  arguments.insert(arguments.begin(), DIPPER_PROGRAM);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  // Who opens a terminal first in a session of its own, owns it.
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name.c_str(), O_RDWR | (terminal_.is_own ? 0 : O_NOCTTY),
                                     0);
  ::posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(out_.get()), STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  EXPECT_EQ(::posix_spawn(&process_, DIPPER_PROGRAM, &actions, &attributes, pointers(arguments).data(),
                          pointers(terminal_.environment).data()),
            0);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
}

TerminalRun::~TerminalRun() {
  if (process_ > 0) {
    signal(SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(slave_);
  ::close(master_);
}

void TerminalRun::resize(int columns, int rows) const {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  size.ws_xpixel = static_cast<unsigned short>(columns * terminal_.cell_width);
  size.ws_ypixel = static_cast<unsigned short>(rows * terminal_.cell_height);
  EXPECT_EQ(::ioctl(master_, TIOCSWINSZ, &size), 0);
}

void TerminalRun::signal(int number) const {
  ::kill(process_, number);
}

void TerminalRun::type(const std::string& text) const {
  EXPECT_EQ(::write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

// Waits a little for what is written, and answers questions; false when nothing came.
bool TerminalRun::read_some() {
  constexpr int patience = 20;  // milliseconds
  pollfd ready{master_, POLLIN, 0};
  std::array<char, 65536> buffer{};
  if (::poll(&ready, 1, patience) <= 0) return false;
  const ssize_t got = ::read(master_, buffer.data(), buffer.size());
  if (got <= 0) return false;
  shown_.append(buffer.data(), static_cast<std::size_t>(got));
  const std::string question = "\x1b[c";
  const std::size_t at = shown_.find(question, answered_);
  if (at != std::string::npos) {
    answered_ = at + question.size();
    type(terminal_.answer);
  }
  return true;
}

bool TerminalRun::wait_for(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < end) {
    const std::size_t at = shown_.find(text, seen_);
    if (at != std::string::npos) {
      seen_ = at + text.size();
      return true;
    }
    siginfo_t state{};
    if (!read_some() && ::waitid(P_PID, static_cast<id_t>(process_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        state.si_pid == process_) {
      return false;
    }
  }
  return false;
}

std::string TerminalRun::left_to_read() const {
  termios mode = before_;
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON);
  mode.c_cc[VMIN] = 0;
  ::tcsetattr(slave_, TCSANOW, &mode);
  std::array<char, 256> buffer{};
  const ssize_t got = ::read(slave_, buffer.data(), buffer.size());
  return {buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0)};
}

TerminalRun::End TerminalRun::wait() {
  int status = 0;
  pid_t ended = 0;
  while (ended == 0) {
    read_some();
    ended = ::waitpid(process_, &status, WNOHANG);
  }
  EXPECT_EQ(ended, process_);
  process_ = -1;
  while (read_some()) {
  }
  End end{WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), shown_, "", "", false};
  termios after{};
  EXPECT_EQ(::tcgetattr(slave_, &after), 0);
  end.is_as_it_was = same_mode(before_, after);
  std::array<char, 65536> buffer{};
  const ssize_t got = ::pread(::fileno(out_.get()), buffer.data(), buffer.size(), 0);
  end.out.assign(buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0));
  end.typed = left_to_read();
  return end;
}

}  // namespace dipper::test
