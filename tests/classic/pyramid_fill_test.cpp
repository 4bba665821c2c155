// SPDX-License-Identifier: Apache-2.0
#include "classic/pyramid_fill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/philox.hpp"

namespace dipper {
namespace {

std::vector<float> scattered(std::size_t pixels, float share) {
  const Philox random{5, Stream::drop};
  std::vector<float> known(pixels);
  for (std::size_t i = 0; i < pixels; ++i) known[i] = random.uniform(0, i) < share ? 1.0F : 0.0F;
  return known;
}

std::vector<float> filled(int channels, int height, int width, const std::vector<float>& values,
                          const std::vector<float>& known) {
  std::vector<float> to(values.size(), -1.0F);
  PyramidFill(channels, height, width).fill(values, known, to);
  return to;
}

TEST(PyramidFill, AConstantStaysOne) {
  for (const auto& [height, width] : {std::pair{40, 50}, {37, 21}, {5, 90}}) {
    const std::size_t plane = static_cast<std::size_t>(height) * width;
    std::vector<float> values(2 * plane, 0.25F);
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(plane), values.end(), 0.75F);
    const std::vector<float> to = filled(2, height, width, values, scattered(plane, 0.5F));
    for (std::size_t i = 0; i < plane; ++i) {
      EXPECT_NEAR(to[i], 0.25F, 0.01F);
      EXPECT_NEAR(to[plane + i], 0.75F, 0.01F);
    }
  }
}

TEST(PyramidFill, FollowsASlopeThroughScatteredPixels) {
  constexpr int side = 64;
  std::vector<float> values(side * side);
  for (int i = 0; i < side * side; ++i) values[i] = static_cast<float>(i % side) / side;
  const std::vector<float> to = filled(1, side, side, values, scattered(values.size(), 0.3F));
  for (int i = 0; i < side * side; ++i) {
    const int column = i % side;
    if (column > 3 && column < side - 4) {
      EXPECT_NEAR(to[i], values[i], 2.0F / side) << "row " << i / side << ", column " << column;
    }
  }
}

/// A hole of 40x40 pixels between black on the left and white on the right.
TEST(PyramidFill, FadesThroughALargeHole) {
  constexpr int side = 64;
  std::vector<float> values(side * side);
  std::vector<float> known(side * side, 1.0F);
  for (int i = 0; i < side; ++i) {
    for (int j = 0; j < side; ++j) {
      values[i * side + j] = j < side / 2 ? 0.0F : 1.0F;
      if (i >= 12 && i < 52 && j >= 12 && j < 52) known[i * side + j] = 0;
    }
  }
  const std::vector<float> to = filled(1, side, side, values, known);
  const float* middle = to.data() + 32 * side;
  EXPECT_NEAR(middle[8], 0, 0.02F);
  EXPECT_NEAR(middle[55], 1, 0.02F);
  EXPECT_NEAR(middle[31] + middle[32], 1, 0.2F);
  for (int j = 8; j < 55; ++j) {
    EXPECT_GE(middle[j + 1], middle[j] - 0.01F) << j;
    EXPECT_LE(middle[j + 1] - middle[j], 0.2F) << j;
  }
}

TEST(PyramidFill, TakesNoNoticeOfWhatIsUnknown) {
  const std::vector<float> known = scattered(30 * 20, 0.4F);
  std::vector<float> values(known.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  std::vector<float> other = values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (known[i] == 0) other[i] = std::nanf("");
  }
  EXPECT_EQ(filled(1, 30, 20, values, known), filled(1, 30, 20, other, known));
}

TEST(PyramidFill, TakesOnePixelAndNone) {
  EXPECT_NEAR(filled(1, 1, 1, {0.9F}, {1.0F})[0], 0.9F, 0.01F);
  for (const float x : filled(1, 9, 17, std::vector<float>(9 * 17), std::vector<float>(9 * 17))) EXPECT_EQ(x, 0.5F);
}

}  // namespace
}  // namespace dipper
