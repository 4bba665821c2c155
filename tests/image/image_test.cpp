// SPDX-License-Identifier: Apache-2.0
#include "dipper/image.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "dipper/error.hpp"

namespace dipper {
namespace {

TEST(Image, ColoursAreAllButAlpha) {
  EXPECT_EQ(Image(3, 2, 1).colours().size(), 6U);
  EXPECT_EQ(Image(3, 2, 2).colours().size(), 6U);
  Image image(3, 2, 4);
  EXPECT_EQ(image.colours().size(), 18U);
  EXPECT_EQ(image.colours().data(), image.plane(0).data());
}

TEST(Image, HoldsPlanesOneAfterTheOther) {
  Image image(3, 2, 4, 0.25F);
  EXPECT_EQ(image.samples, std::vector<float>(24, 0.25F));
  EXPECT_EQ(image.plane_size(), 6U);
  image.plane(2)[5] = 1;
  EXPECT_EQ(image.samples[17], 1);
  EXPECT_EQ(std::as_const(image).plane(3).data(), image.samples.data() + 18);
}

TEST(Image, KnowsItsAlpha) {
  const std::vector<std::pair<int, bool>> layouts{{1, false}, {2, true}, {3, false}, {4, true}};
  for (const auto& [channels, alpha] : layouts) {
    const Image image(1, 1, channels);
    EXPECT_EQ(image.has_alpha(), alpha);
    EXPECT_EQ(image.colour_channels(), channels <= 2 ? 1 : 3);
  }
  EXPECT_TRUE(Image().empty());
}

TEST(Image, RefusesShapesThatCannotBe) {
  EXPECT_THROW(Image(0, 1, 1), Error);
  EXPECT_THROW(Image(1, -1, 1), Error);
  EXPECT_THROW(Image(1, 1, 5), Error);
  EXPECT_THROW(Image(1, 1, 0), Error);
  EXPECT_THROW(Image(100'000, 100'000, 1), Error);
}

TEST(ImageDeathTest, AChannelThatIsNotThereIsABug) {
  const Image image(1, 1, 3);
  EXPECT_DEATH(static_cast<void>(image.plane(3)), "check failed");
  EXPECT_DEATH(static_cast<void>(image.plane(-1)), "check failed");
}

}  // namespace
}  // namespace dipper
