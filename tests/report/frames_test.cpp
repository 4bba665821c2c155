// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dipper/report.hpp"

namespace dipper {
namespace {

TEST(FrameName, SortsAsTimeDoes) {
  EXPECT_EQ(frame_name(0), "frame_000000.png");
  EXPECT_EQ(frame_name(250), "frame_000250.png");
  EXPECT_EQ(frame_name(1234567), "frame_1234567.png");
}

}  // namespace
}  // namespace dipper
