// SPDX-License-Identifier: Apache-2.0
#include "base/philox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace dipper {
namespace {

// Known answers published with Random123 for philox4x32-10.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, UniformNumbersFillTheUnitInterval) {
  const Philox random{.seed = 5, .stream = Stream::drop};
  double sum = 0;
  double squares = 0;
  constexpr int count = 100000;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform(0, static_cast<std::uint64_t>(i));
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / count, 0.5, 0.005);
  EXPECT_NEAR(squares / count, 1.0 / 3, 0.005);
}

TEST(Philox, ManyNumbersAreThoseOneByOne) {
  const Philox random{.seed = 0x123456789ABCDEF0, .stream = Stream::hiding};
  const std::uint64_t step = (std::uint64_t{1} << 40) + 7;
  for (const std::size_t count : {0, 1, 3, 4, 5, 250}) {
    std::vector<float> numbers(count);
    random.uniforms(step, 8, numbers);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(numbers[i], random.uniform(step, 8 + i));
  }
}

TEST(Philox, SeedStreamStepAndIndexEachMakeAnotherNumber) {
  const Philox random{.seed = 1, .stream = Stream::weights};
  const float number = random.uniform(2, 3);
  EXPECT_EQ(number, random.uniform(2, 3));
  EXPECT_NE(number, random.uniform(2, 4));
  EXPECT_NE(number, random.uniform(2, 7));
  EXPECT_NE(number, random.uniform(3, 3));
  EXPECT_NE(number, random.uniform(2 + (std::uint64_t{1} << 32), 3));
  EXPECT_NE(number, (Philox{.seed = 2, .stream = Stream::weights}.uniform(2, 3)));
  EXPECT_NE(number, (Philox{.seed = 1 + (std::uint64_t{1} << 32), .stream = Stream::weights}.uniform(2, 3)));
  EXPECT_NE(number, (Philox{.seed = 1, .stream = Stream::input}.uniform(2, 3)));
}

TEST(Philox, WholeNumbersBelowACountComeAboutEquallyOften) {
  const Philox random{2, Stream::crops};
  std::array<int, 5> seen{};
  for (std::uint64_t i = 0; i < 10'000; ++i) ++seen.at(static_cast<std::size_t>(random.below(5, 3, i)));
  for (const int count : seen) EXPECT_NEAR(count, 2000, 150);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(random.below(1, 0, i), 0);
}

}  // namespace
}  // namespace dipper
