// SPDX-License-Identifier: Apache-2.0
#include "cli/attempts.hpp"

#include <gtest/gtest.h>

#include <new>

namespace dipper::cli {
namespace {

TEST(Attempts, AllAreMadeAndTheFirstFailureIsKept) {
  Attempts attempts;
  int done = 0;
  EXPECT_TRUE(attempts([&] { ++done; }));
  attempts.finish();
  EXPECT_FALSE(attempts([] { throw Error("the first"); }));
  EXPECT_FALSE(attempts([] { throw Error("the second"); }));
  EXPECT_TRUE(attempts([&] { ++done; }));
  EXPECT_EQ(done, 2);
  EXPECT_EQ(attempts.failure(), "the first");
  EXPECT_THROW(attempts.finish(), Error);
}

// Without memory there is no use in trying more.
TEST(Attempts, WhatIsNoErrorEndsThem) {
  Attempts attempts;
  EXPECT_THROW(attempts([] { throw std::bad_alloc(); }), std::bad_alloc);
}

}  // namespace
}  // namespace dipper::cli
