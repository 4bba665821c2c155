// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <string>

#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

TEST(Memory, SeesWhatIsTouched) {
  constexpr std::size_t size = std::size_t{64} << 20;
  const std::size_t before = resident_bytes();
  ASSERT_GT(before, 0U);
  const std::unique_ptr<char[]> block(new char[size]);
  EXPECT_LT(resident_bytes() - before, size / 2);
  std::memset(block.get(), 1, size);
  EXPECT_GT(resident_bytes() - before, size / 10 * 9);
  EXPECT_GT(peak_resident_bytes(), before + size / 10 * 9);
  EXPECT_EQ(block[size / 2], 1);
}

// Another process has the limit, since one may be lowered only.
TEST(Memory, TheProcesssOwnLimitLeavesLess) {
  ASSERT_GT(free_bytes(), std::size_t{1} << 20);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr rlim_t more = rlim_t{1} << 28;
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t size = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + more;
    const rlimit limit{size, size};
    ::setrlimit(RLIMIT_AS, &limit);
    const std::size_t left = free_bytes();
    ::_exit(left <= more && left > more / 2 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Floats, AreAlignedZeros) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, (std::size_t{3} << 20) + 5}) {
    const Floats floats(count);
    EXPECT_EQ(floats.size(), count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(floats.data()) % 256, 0U);
    const std::span<const float> all = floats;
    EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](float value) { return value == 0; }));
  }
}

/// The files of a system in an empty folder.
class FreeBytes : public test::TemporaryFolder {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(file(name).parent_path());
    std::ofstream(file(name)) << text;
  }
};

TEST_F(FreeBytes, AreWhatTheSystemHas) {
  EXPECT_EQ(free_bytes(folder_), std::numeric_limits<std::size_t>::max());  // nobody says
  write("proc/meminfo",
        "MemTotal:       24000000 kB\nMemFree:         500 kB\nMemAvailable:   3000 kB\nBuffers: 1 kB\n");
  EXPECT_EQ(free_bytes(folder_), 3000U * 1024);
}

TEST_F(FreeBytes, AreWhatTheGroupsMayTake) {
  write("proc/meminfo", "MemAvailable:   3000 kB\n");
  write("proc/self/cgroup", "5:cpu:/elsewhere\n0::/user/one\n");
  write("sys/fs/cgroup/user/one/memory.max", "max\n");
  write("sys/fs/cgroup/user/one/memory.current", "70000\n");
  EXPECT_EQ(free_bytes(folder_), 3000U * 1024);
  write("sys/fs/cgroup/user/memory.max", "1000000\n");
  write("sys/fs/cgroup/user/memory.current", "900000\n");
  EXPECT_EQ(free_bytes(folder_), 100'000);
  write("sys/fs/cgroup/user/memory.stat", "anon 650000\ninactive_file 250000\nactive_file 7\n");
  EXPECT_EQ(free_bytes(folder_), 350'007);
  write("sys/fs/cgroup/user/one/memory.max", "80000\n");
  EXPECT_EQ(free_bytes(folder_), 10'000);
  write("sys/fs/cgroup/user/one/memory.current", "90000\n");  // the limit was lowered
  EXPECT_EQ(free_bytes(folder_), 0);
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "500\n");
  write("sys/fs/cgroup/memory.current", "100\n");
  EXPECT_EQ(free_bytes(folder_), 400);
}

TEST(Memory, SomeIsAvailableHere) {
  EXPECT_GT(free_bytes(), 1'000'000);
}

}  // namespace
}  // namespace dipper
