// SPDX-License-Identifier: Apache-2.0
#include "base/check.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

TEST(CheckDeathTest, ShowsPlaceConditionAndBothValues) {
  const int three = 3;
  DIPPER_CHECK(three == 3);
  DIPPER_CHECK_EQ(three, 3);
  EXPECT_DEATH(DIPPER_CHECK(three > 4), "check_test.cpp:[0-9]+: check failed: three > 4");
  EXPECT_DEATH(DIPPER_CHECK_EQ(three, 5), "check failed: three == 5 \\(3 and 5\\)");
}

}  // namespace
}  // namespace dipper
