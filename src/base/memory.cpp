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

namespace dipper {
namespace {

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
std::size_t number_in(const std::filesystem::path& file, std::size_t otherwise) {
  std::ifstream in(file);
  std::size_t number = 0;
  return in >> number ? number : otherwise;
}

std::size_t left_of(std::size_t limit, std::size_t used) {
  return limit - std::min(limit, used);
}

std::size_t free_in_system() {
  std::ifstream statistics("/proc/meminfo");
  std::string name;
  std::size_t kilobytes = 0;
  while (statistics >> name >> kilobytes) {
    if (name == "MemAvailable:") return kilobytes * 1024;
    statistics.ignore(no_limit >> 1U, '\n');
  }
  return no_limit;
}

// Each group above counts too. Within a container the groups are often mounted without the path that the process knows
// them by, so that only the topmost is there.
std::size_t free_in_group(const std::filesystem::path& root, std::filesystem::path group, const char* limit,
                          const char* used) {
  std::size_t least = no_limit;
  while (true) {
    const std::filesystem::path folder = root / group.relative_path();
    least = std::min(least, left_of(number_in(folder / limit, no_limit), number_in(folder / used, 0)));
    if (!group.has_relative_path()) return least;
    group = group.parent_path();
  }
}

// "0::/path" is a line of the second version of cgroups, "4:memory:/path" one of the first.
std::size_t free_in_groups() {
  std::ifstream groups("/proc/self/cgroup");
  std::size_t least = no_limit;
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', std::min(first, line.size() - 1) + 1);
    if (second == std::string::npos) continue;
    const std::string controller = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controller.empty()) {
      least = std::min(least, free_in_group("/sys/fs/cgroup", path, "memory.max", "memory.current"));
    } else if (controller == "memory") {
      least = std::min(least,
                       free_in_group("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes"));
    }
  }
  return least;
}

}  // namespace

std::size_t resident_bytes() {
  return pages_of_process().resident;
}

std::size_t free_bytes() {
  struct rlimit limit {};
  ::getrlimit(RLIMIT_AS, &limit);
  const std::size_t own =
      limit.rlim_cur == RLIM_INFINITY ? no_limit : left_of(limit.rlim_cur, pages_of_process().total);
  return std::min({own, free_in_system(), free_in_groups()});
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
