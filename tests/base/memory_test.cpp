// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dipper {
namespace {

TEST(Memory, SeesWhatIsTouched) {
  constexpr std::size_t size = std::size_t{64} << 20;
  const std::size_t before = resident_bytes();
  ASSERT_GT(before, 0U);
  std::vector<char> block(size, 1);
  EXPECT_NEAR(static_cast<double>(resident_bytes() - before), size, 0.1 * size);
  EXPECT_GE(peak_resident_bytes(), before + size * 9 / 10);
  EXPECT_EQ(block[size / 2], 1);
}

}  // namespace
}  // namespace dipper
