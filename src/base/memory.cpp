// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <new>

namespace dipper {

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
