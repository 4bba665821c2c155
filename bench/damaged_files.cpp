// SPDX-License-Identifier: Apache-2.0
// Each picture cut at every hundredth of its length and with each of its first 4,096 bits flipped: every case has to be
// a picture or an Error, within ten seconds. One JSON object on stdout: what came out, and the longest and the largest
// case. bench/damaged_files.py runs it for each format. Usage: bench_damaged_files FILE...
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/files.hpp"
#include "dipper/error.hpp"
#include "image/io.hpp"

namespace dipper {
namespace {

constexpr unsigned most_seconds = 10;

// For what ends the process before it can say which case that was.
std::array<char, 256> running{};

void on_signal(int number) {
  static_cast<void>(::write(STDERR_FILENO, running.data(), std::strlen(running.data())) + 1);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

// The most memory that the process has had since the last forget_peak(), proc(5).
double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) * 1024 / 1e6;
  }
  return 0;
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

struct Worst {
  double value = 0;
  std::string name;

  void take(double other, const std::string& of) {
    if (other > value) *this = {other, of};
  }
};

struct Count {
  int pictures = 0;
  int errors = 0;
  Worst seconds;
  Worst megabytes;
};

void try_one(const Bytes& file, const std::string& name, Count& count) {
  std::snprintf(running.data(), running.size(), "%s\n", name.c_str());
  forget_peak();
  ::alarm(most_seconds);
  const auto began = std::chrono::steady_clock::now();
  try {
    static_cast<void>(decode_image(file));
    ++count.pictures;
  } catch (const Error&) {
    ++count.errors;
  }
  count.seconds.take(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), name);
  ::alarm(0);
  count.megabytes.take(peak_megabytes(), name);
}

void try_all(const std::filesystem::path& path, Count& count) {
  const Bytes file = read_file(path);
  const std::string name = path.filename().string();
  constexpr std::size_t parts = 100;
  for (std::size_t part = 0; part <= parts; ++part) {
    const auto size = static_cast<std::ptrdiff_t>(file.size() * part / parts);
    try_one({file.begin(), file.begin() + size}, fmt::format("{} cut at {} %", name, part), count);
  }
  constexpr std::size_t most_bits = 4096;
  for (std::size_t bit = 0; bit < std::min(most_bits, file.size() * 8); ++bit) {
    Bytes changed = file;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    try_one(changed, fmt::format("{} with bit {} flipped", name, bit), count);
  }
}

}  // namespace
}  // namespace dipper

int main(int argc, char** argv) {
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM}) std::signal(number, dipper::on_signal);
  dipper::Count count;
  for (int i = 1; i < argc; ++i) dipper::try_all(argv[i], count);
  const nlohmann::json result = {{"files", argc - 1},
                                 {"pictures", count.pictures},
                                 {"errors", count.errors},
                                 {"seconds", count.seconds.value},
                                 {"longest", count.seconds.name},
                                 {"megabytes", count.megabytes.value},
                                 {"largest", count.megabytes.name}};
  fmt::print("{}\n", result.dump());
  return 0;
}
