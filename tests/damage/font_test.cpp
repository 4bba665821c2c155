// SPDX-License-Identifier: Apache-2.0
#include "damage/font.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace dipper {
namespace {

TEST(Font, IsTheWholeTrueTypeFile) {
  const std::span<const unsigned char> file = font_file();
  constexpr unsigned char version[] = {0, 1, 0, 0};
  ASSERT_GT(file.size(), 12U);
  EXPECT_TRUE(std::equal(std::begin(version), std::end(version), file.begin()));
  // Each row of the directory (OpenType 1.9) has a tag, a checksum, an offset and a length; the last table ends the
  // file.
  const auto number = [&](std::size_t at) {
    return std::size_t{file[at]} << 24U | std::size_t{file[at + 1]} << 16U | std::size_t{file[at + 2]} << 8U |
           file[at + 3];
  };
  const std::size_t tables = number(4) >> 16U;
  std::size_t end = 0;
  for (std::size_t i = 0; i < tables; ++i) end = std::max(end, number(12 + 16 * i + 8) + number(12 + 16 * i + 12));
  EXPECT_EQ((end + 3) / 4 * 4, file.size());
}

}  // namespace
}  // namespace dipper
