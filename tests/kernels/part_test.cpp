// SPDX-License-Identifier: Apache-2.0
#include "kernels/part.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

#include "kernels/backend.hpp"

namespace dipper {
namespace {

TEST(Parts, ACanvasGetsAPartAndWhatIsAroundIt) {
  const auto backend = make_ref_backend();
  const PartDesc part{{2, 3, 4}, {2, 4, 4}, {.top = 1, .left = 2, .height = 2, .width = 2}, 1, 1};
  std::vector<float> picture(24);
  std::iota(picture.begin(), picture.end(), 1.0F);
  std::vector<float> canvas(32, 9.0F);
  backend->cut(part, Padding::zero, picture, canvas);
  EXPECT_EQ(canvas, (std::vector<float>{0, 0, 0, 0, 0, 0, 6,  7,  0, 0, 10, 11, 0, 0, 0, 0,
                                        0, 0, 0, 0, 0, 0, 18, 19, 0, 0, 22, 23, 0, 0, 0, 0}));
  backend->cut(part, Padding::reflect, picture, canvas);
  EXPECT_EQ(canvas, (std::vector<float>{10, 11, 10, 11, 6,  7,  6,  7,  10, 11, 10, 11, 6,  7,  6,  7,
                                        22, 23, 22, 23, 18, 19, 18, 19, 22, 23, 22, 23, 18, 19, 18, 19}));
}

TEST(Parts, WhatIsToldOfAPartIsGathered) {
  const auto backend = make_ref_backend();
  const PartDesc part{{1, 3, 5}, {1, 3, 4}, {.top = 0, .left = 1, .height = 3, .width = 3}, 0, 1};
  const std::vector<float> x = {0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9};
  const std::vector<float> base(12, 10.0F);
  std::vector<float> sum(15, 1.0F);
  std::vector<float> weight(15, 2.0F);
  const std::vector<float> shown(12);
  const Telling telling{.x = x, .base = base, .shown = shown, .weight = 4, .fade = 2};
  backend->gather(part, telling, {sum, weight});
  EXPECT_EQ(weight, (std::vector<float>{2, 3, 4, 3, 2, 2, 4, 6, 4, 2, 2, 3, 4, 3, 2}));
  EXPECT_EQ(sum, (std::vector<float>{1, 12, 25, 14, 1, 1, 29, 61, 33, 1, 1, 18, 37, 20, 1}));
}

TEST(Parts, OfPixelsThatWereShownOrHaveNoNumbersNothingIsGathered) {
  const auto backend = make_ref_backend();
  const PartDesc part{{2, 1, 3}, {2, 1, 3}, {.height = 1, .width = 3}};
  std::vector<float> x(6, 1.0F);
  x[5] = std::numeric_limits<float>::infinity();
  const std::vector<float> base(6);
  const std::vector<float> shown = {0.5F, -0.5F, -0.5F};
  std::vector<float> sum(6);
  std::vector<float> weight(3);
  backend->gather(part, {x, base, shown}, {sum, weight});
  EXPECT_EQ(weight, (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(sum, (std::vector<float>{0, 1, 0, 0, 1, 0}));
}

}  // namespace
}  // namespace dipper
