// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <sstream>

namespace dipper::test {
namespace {

std::string contents(std::FILE* file) {
  std::string text;
  std::array<char, 4096> buffer{};
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(::fileno(file), buffer.data(), buffer.size(), at)) > 0; at += got) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

Program::Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments)
    : Program(folder, [&] {
        Command command{{DIPPER_PROGRAM}};
        command.words.insert(command.words.end(), arguments.begin(), arguments.end());
        return command;
      }()) {}

Program Program::shell(const std::filesystem::path& folder, const std::string& line) {
  return {folder, Command{{"/bin/sh", "-c", line, DIPPER_PROGRAM}}};
}

Program::Program(const std::filesystem::path& folder, Command command)
    : out_(std::tmpfile(), &std::fclose), err_(std::tmpfile(), &std::fclose) {
  std::vector<char*> argv;
  for (std::string& word : command.words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(out_.get()), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(err_.get()), STDERR_FILENO);
  EXPECT_EQ(::posix_spawn(&process_, argv.front(), &actions, nullptr, argv.data(), environ), 0);
  ::posix_spawn_file_actions_destroy(&actions);
}

void Program::signal(int number) const {
  ::kill(process_, number);
}

std::string Program::out() const {
  return contents(out_.get());
}

std::string Program::err() const {
  return contents(err_.get());
}

Outcome Program::wait() {
  int status = 0;
  EXPECT_EQ(::waitpid(process_, &status, 0), process_);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), contents(out_.get()), contents(err_.get())};
}

void ProgramTest::make_picture(const std::string& name, int width, int height, int channels) const {
  Image image(width, height, channels);
  for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] = static_cast<float>(i * 37 % 251 + 3) / 255;
  write_image(file(name), image);
}

void ProgramTest::make_mask(const std::string& name, float value, int width, int height) const {
  write_image(file(name), Image(width, height, 1, value));
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

}  // namespace dipper::test
