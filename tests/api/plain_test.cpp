// SPDX-License-Identifier: Apache-2.0
#include "api/plain.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dipper {
namespace {

TEST(PlainResults, AreThePictureItself) {
  Observation observation = all_known(Image(4, 3, 2, 0.5F));
  EXPECT_EQ(plain_result(observation, {0, 2}), std::vector<float>(12, 0.25F));
}

// As it came, where the fit sees it otherwise.
TEST(PlainResults, AreThePictureInItsOwnBrightness) {
  Observation observation = all_known(Image(4, 3, 1, 0.5F));
  observation.frame = Image(4, 3, 1, 0.25F);
  EXPECT_EQ(plain_result(observation, {}), std::vector<float>(12, 0.25F));
}

TEST(PlainResults, AreEnlargedWhereThePictureIsTooSmall) {
  Observation observation = all_known(Image(4, 3, 1, 0.5F));
  observation.frame = Image(8, 6, 1);
  EXPECT_EQ(plain_result(observation, {}), std::vector<float>(48, 0.5F));
}

TEST(PlainResults, HaveTheirGapsFilledFromWhatIsKnownAlone) {
  Observation observation{.damaged = Image(20, 20, 1, 0.75F), .weights = std::vector<float>(400, 1.0F)};
  observation.keeps_known = true;
  for (std::size_t i = 0; i < 400; i += 3) {
    observation.weights[i] = 0;
    observation.damaged.samples[i] = std::numeric_limits<float>::quiet_NaN();
  }
  for (const float value : plain_result(observation, {})) EXPECT_NEAR(value, 0.75F, 1e-5F);
}

}  // namespace
}  // namespace dipper
