// SPDX-License-Identifier: Apache-2.0
#include "api/seams.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dipper {
namespace {

/// A gray picture of one value, of which a fit that saw another drew a hole.
struct Drawing {
  Shape shape{1, 60, 80};
  std::vector<float> values = std::vector<float>(shape.size(), 0.6F);
  std::vector<float> weights = std::vector<float>(shape.plane(), 1.0F);
  std::vector<float> x = std::vector<float>(shape.size(), 0.5F);

  Drawing() {
    for (int i = 20; i < 30; ++i) {
      for (int j = 30; j < 42; ++j) weights[static_cast<std::size_t>(i) * shape.width + j] = 0;
    }
  }
};

TEST(Seams, OfAnExcerptAreThoseOfThePicture) {
  Drawing whole;
  Seams(whole.weights, whole.shape, {}).close(whole.values, whole.x);
  Drawing part;
  const std::optional<Excerpt> excerpt(std::in_place, part.values, part.weights, part.shape, 30 * 30);
  Seams seams(part.weights, part.shape, excerpt);
  seams.close(part.values, part.x);
  for (std::size_t i = 0; i < whole.x.size(); ++i) {
    const float expected = whole.weights[i] == 0 ? 0.6F : 0.5F;
    ASSERT_NEAR(whole.x[i], expected, 1e-4) << i;
    ASSERT_NEAR(part.x[i], expected, 1e-4) << i;
  }
  EXPECT_LT(seams.bytes(), Seams(whole.weights, whole.shape, {}).bytes() / 3);
}

}  // namespace
}  // namespace dipper
