// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <string>
#include <string_view>

namespace dipper {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct Pages {
  std::size_t total = 0;
  std::size_t resident = 0;
};

// In bytes.
Pages pages_of_process() {
  std::ifstream statistics("/proc/self/statm");
  Pages pages;
  statistics >> pages.total >> pages.resident;
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return {pages.total * size, pages.resident * size};
}

// A number alone in a file; `otherwise` where it is not there, or a word such as "max".
std::size_t number_in(const fs::path& file, std::size_t otherwise) {
  std::ifstream in(file);
  std::size_t number = 0;
  return in >> number ? number : otherwise;
}

// The number behind a word at the beginning of a line.
std::size_t number_after(std::string_view word, const fs::path& file, std::size_t otherwise) {
  std::ifstream in(file);
  for (std::string name; in >> name; in.ignore(no_limit >> 1U, '\n')) {
    if (std::size_t number = 0; name == word && in >> number) return number;
  }
  return otherwise;
}

std::size_t left_of(std::size_t limit, std::size_t used) {
  return limit - std::min(limit, used);
}

// What a version of control groups calls its files.
struct GroupFiles {
  const char* limit;
  const char* used;
  const char* inactive;  // in memory.stat: pages that only keep files at hand, seldom read
  const char* active;    // and often
};
constexpr GroupFiles first_version{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
                                   "total_active_file"};
constexpr GroupFiles second_version{"memory.max", "memory.current", "inactive_file", "active_file"};

// Each group above counts too. Within a container the groups are often mounted without the path that the process knows
// them by, so that only the topmost is there.
std::size_t free_in_group(const fs::path& root, fs::path group, const GroupFiles& files) {
  std::size_t least = no_limit;
  while (true) {
    const fs::path folder = root / group.relative_path();
    const fs::path statistics = folder / "memory.stat";
    const std::size_t cached = number_after(files.inactive, statistics, 0) + number_after(files.active, statistics, 0);
    const std::size_t used = left_of(number_in(folder / files.used, 0), cached);
    least = std::min(least, left_of(number_in(folder / files.limit, no_limit), used));
    if (!group.has_relative_path()) return least;
    group = group.parent_path();
  }
}

// "0::/path" is a line of the second version of cgroups, "4:memory:/path" one of the first.
std::size_t free_in_groups(const fs::path& root) {
  std::ifstream groups(root / "proc/self/cgroup");
  const fs::path mounted = root / "sys/fs/cgroup";
  std::size_t least = no_limit;
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', std::min(first, line.size() - 1) + 1);
    if (second == std::string::npos) continue;
    const std::string controller = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controller.empty()) least = std::min(least, free_in_group(mounted, path, second_version));
    if (controller == "memory") least = std::min(least, free_in_group(mounted / "memory", path, first_version));
  }
  return least;
}

}  // namespace

std::size_t resident_bytes() {
  return pages_of_process().resident;
}

std::size_t free_bytes(const fs::path& root) {
  struct rlimit limit {};
  ::getrlimit(RLIMIT_AS, &limit);
  const std::size_t own =
      limit.rlim_cur == RLIM_INFINITY ? no_limit : left_of(limit.rlim_cur, pages_of_process().total);
  const std::size_t kilobytes = number_after("MemAvailable:", root / "proc/meminfo", no_limit / 1024);
  const std::size_t system = kilobytes == no_limit / 1024 ? no_limit : kilobytes * 1024;
  return std::min({own, system, free_in_groups(root)});
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
