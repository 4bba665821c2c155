// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "dipper/image.hpp"
#include "report/temporary_folder.hpp"

namespace dipper::test {

/// How a run of the program ended.
struct Outcome {
  int code = -1;    ///< of a process that a signal ended, minus the signal
  std::string out;  ///< what it wrote to stdout
  std::string err;  ///< and to stderr
};

/// A run of the real program, dipper.
class Program {
 public:
  /// Starts it in `folder`.
  Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments);

  /// Runs a line of shell in `folder`, in which "$0" is the program, for redirections and limits.
  [[nodiscard]] static Program shell(const std::filesystem::path& folder, const std::string& line);

  void signal(int number) const;

  /// What stands on stdout and stderr so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

  /// Waits for the end.
  [[nodiscard]] Outcome wait();

 private:
  struct Command {
    std::vector<std::string> words;  // the first is the file to run
  };
  Program(const std::filesystem::path& folder, Command command);

  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  File out_;
  File err_;
  pid_t process_ = -1;
};

/// A test with a folder of its own to run the program in.
class ProgramTest : public TemporaryFolder {
 protected:
  [[nodiscard]] Outcome run(const std::vector<std::string>& arguments) const {
    return Program(folder_, arguments).wait();
  }

  [[nodiscard]] Outcome run_in_shell(const std::string& line) const { return Program::shell(folder_, line).wait(); }

  /// Writes a picture that changes from pixel to pixel.
  void make_picture(const std::string& name, int width = 16, int height = 12, int channels = 3) const;

  /// Writes a gray picture of one value.
  void make_mask(const std::string& name, float value, int width = 16, int height = 12) const;
};

[[nodiscard]] std::vector<std::string> lines(const std::string& text);

}  // namespace dipper::test
