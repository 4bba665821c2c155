// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace dipper {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t unknown = std::numeric_limits<std::size_t>::max();

// The number behind a word at the beginning of a line; none where there is no such line or file.
std::optional<std::size_t> number_after(const fs::path& file, std::string_view word) {
  std::ifstream in(file);
  for (std::string name; in >> name; in.ignore(unknown >> 1, '\n')) {
    if (std::size_t number = 0; name == word && in >> number) return number;
  }
  return std::nullopt;
}

std::optional<std::size_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  if (std::size_t number = 0; in >> number) return number;  // not "max"
  return std::nullopt;
}

std::size_t available_in_group(const fs::path& group) {
  const auto most = number_in(group / "memory.max");
  const auto taken = number_in(group / "memory.current");
  if (!most || !taken) return unknown;
  const std::size_t files = number_after(group / "memory.stat", "inactive_file").value_or(0);
  return *most - std::min(*most, *taken - std::min(*taken, files));
}

}  // namespace

std::size_t available_bytes(const fs::path& root) {
  std::size_t available = unknown;
  if (const auto kilobytes = number_after(root / "proc/meminfo", "MemAvailable:")) available = *kilobytes * 1024;
  const fs::path groups = root / "sys/fs/cgroup";
  std::ifstream own(root / "proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {
    if (!line.starts_with("0::/")) continue;
    // What limits a group limits those within it.
    for (fs::path group = fs::path(line.substr(4));; group = group.parent_path()) {
      available = std::min(available, available_in_group(groups / group));
      if (group.empty()) break;
    }
  }
  return available;
}

std::size_t resident_bytes() {
  std::ifstream statistics("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statistics >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t peak_resident_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

Floats::Floats(std::size_t count) : size_(count) {
  constexpr std::size_t lines = 256;
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  const std::size_t wanted = std::max(count * sizeof(float), lines);
  const std::size_t alignment = wanted >= 2 * huge_page ? huge_page : lines;
  const std::size_t bytes = (wanted + alignment - 1) / alignment * alignment;
  data_.reset(static_cast<float*>(std::aligned_alloc(alignment, bytes)));
  if (data_ == nullptr) throw std::bad_alloc();
  // A refusal costs nothing but speed.
  if (alignment == huge_page) static_cast<void>(::madvise(data_.get(), bytes, MADV_HUGEPAGE));
  std::fill_n(data_.get(), count, 0.0F);
}

}  // namespace dipper
