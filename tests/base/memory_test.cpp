// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

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

TEST(Floats, AreAlignedZeros) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, (std::size_t{3} << 20) + 5}) {
    const Floats floats(count);
    EXPECT_EQ(floats.size(), count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(floats.data()) % 256, 0U);
    const std::span<const float> all = floats;
    EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](float value) { return value == 0; }));
  }
}

}  // namespace
}  // namespace dipper
