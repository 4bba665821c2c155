// SPDX-License-Identifier: Apache-2.0
#include "fit/target.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

TEST(Target, PixelsHeldOutAreKnownThoughTheyDoNotCount) {
  const std::vector<float> values(6);
  const std::vector<float> weights = {1, 0, 0.5F, 0, 0, 2};
  const std::vector<std::size_t> held_out = {3};
  Target target{{1, 2, 3}, values, weights};
  EXPECT_EQ(target.known(), (std::vector<std::uint8_t>{1, 0, 1, 0, 0, 1}));
  target.held_out = held_out;
  EXPECT_EQ(target.known(), (std::vector<std::uint8_t>{1, 0, 1, 1, 0, 1}));
}

TEST(Target, ThePictureIsWhatItsOperatorSees) {
  const std::vector<float> values(6);
  Target target{{1, 2, 3}, values, {}};
  EXPECT_EQ(target.picture(), (Shape{1, 2, 3}));
  target.observed_by = LinearOperator{};
  target.observed_by->height = 8;
  target.observed_by->width = 12;
  EXPECT_EQ(target.picture(), (Shape{1, 8, 12}));
}

}  // namespace
}  // namespace dipper
