// SPDX-License-Identifier: Apache-2.0
#include "api/result_aside.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "dipper/error.hpp"

namespace dipper {
namespace {

/// Goes on until nobody waits any more.
void work(Patience& patience) {
  for (;;) {
    check(patience, 0.5);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

constexpr TaskMethod halves{"halves", "", [](const Observation& observation, int /*threads*/, Patience& /*patience*/) {
                              Image image = observation.damaged;
                              for (float& sample : image.samples) sample /= 2;
                              return image;
                            }};
constexpr TaskMethod endless{"endless", "", [](const Observation& observation, int /*threads*/, Patience& patience) {
                               work(patience);
                               return observation.damaged;
                             }};
constexpr TaskMethod failing{"failing", "",
                             [](const Observation& /*observation*/, int /*threads*/, Patience& /*patience*/) -> Image {
                               throw Error("it fails");
                             }};

Observation ones() {
  return {.damaged = Image(3, 2, 1, 1.0F)};
}

/// Ends after so many questions, and remembers how far the work was.
struct FewQuestions final : Patience {
  int left = 3;
  double heard = 0;
  [[nodiscard]] bool go_on(double done) override {
    heard = done;
    return --left > 0;
  }
  [[nodiscard]] double seconds_left() override { return left; }
};

TEST(ResultAside, IsThatOfTheMethod) {
  ResultAside aside(halves, ones(), 1);
  EXPECT_EQ(aside.get(Patience::endless()).samples, std::vector<float>(6, 0.5F));
}

TEST(ResultAside, ThrowsWhatTheMethodThrows) {
  ResultAside aside(failing, ones(), 1);
  EXPECT_THROW(static_cast<void>(aside.get(Patience::endless())), Error);
}

TEST(ResultAside, EndsWithThePatienceOfWhoeverWaits) {
  ResultAside aside(endless, ones(), 1);
  FewQuestions patience;
  EXPECT_THROW(static_cast<void>(aside.get(patience)), OutOfPatience);
  EXPECT_EQ(patience.heard, 0.5);
}

TEST(ResultAside, EndsWhenNobodyWantsIt) {
  const ResultAside aside(endless, ones(), 1);  // the test would not end
}

}  // namespace
}  // namespace dipper
