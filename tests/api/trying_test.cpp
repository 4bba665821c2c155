// SPDX-License-Identifier: Apache-2.0
#include "api/trying.hpp"

#include <gtest/gtest.h>

namespace dipper {
namespace {

// A task that adds 0.1 and takes it away again.
Image brighter(const Image& picture, float by) {
  Image image = picture;
  for (float& sample : image.samples) sample += by;
  return image;
}
Image darken(const Observation& observation, int /*threads*/, Patience& /*patience*/) {
  return brighter(observation.damaged, -0.1F);
}
constexpr TaskMethod method{"dark", "", darken};

TEST(Trying, TheMethodIsTriedOnItsOwnResult) {
  Image picture(12, 10, 1);
  for (std::size_t i = 0; i < picture.samples.size(); ++i) picture.samples[i] = 0.2F + 0.005F * static_cast<float>(i);
  Observation observation = all_known(picture);
  observation.classic = &method;
  observation.damage_again = [](const Image& image, std::uint64_t draw) {
    return brighter(image, draw == 0 ? 0.3F : 9.0F);
  };
  const Trying tried = try_classic(observation, method.restore(observation, 1, Patience::endless()), {}, 1);
  EXPECT_NEAR(tried.estimate[0], 0.1F, 1e-6F);
  // Made smaller, 9x7, and mirrored on.
  EXPECT_NEAR(tried.truth[8], tried.estimate[11], 0.02F);
  EXPECT_NEAR(tried.truth[6 * 12], tried.estimate[9 * 12], 0.05F);
  EXPECT_EQ(tried.truth[9], tried.truth[7]);
  EXPECT_EQ(tried.truth[7 * 12], tried.truth[5 * 12]);
  EXPECT_NEAR(tried.damaged[7], tried.truth[7] + 0.3F, 1e-6F);
  EXPECT_NEAR(tried.restored[7], tried.truth[7] + 0.2F, 1e-6F);
  EXPECT_EQ(tried.again(observation).trial.truth.data(), tried.truth.data());
}

}  // namespace
}  // namespace dipper
