// SPDX-License-Identifier: Apache-2.0
#include "api/excerpt.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace dipper {
namespace {

/// A picture of three slopes, with a hole.
struct Scene {
  Shape shape;
  std::vector<float> values;
  std::vector<float> weights;

  Scene(int height, int width, const Window& hole) : shape{3, height, width}, values(shape.size()) {
    for (int c = 0; c < shape.channels; ++c) {
      for (int i = 0; i < height; ++i) {
        for (int j = 0; j < width; ++j) values[at(c, i, j)] = colour(c, static_cast<float>(i), static_cast<float>(j));
      }
    }
    weights.assign(shape.plane(), 1);
    for (int i = hole.top; i < hole.top + hole.height; ++i) {
      for (int j = hole.left; j < hole.left + hole.width; ++j) {
        weights[at(0, i, j)] = 0;
        for (int c = 0; c < shape.channels; ++c) values[at(c, i, j)] = std::numeric_limits<float>::quiet_NaN();
      }
    }
  }

  [[nodiscard]] std::size_t at(int c, int i, int j) const {
    return (static_cast<std::size_t>(c) * shape.height + i) * shape.width + j;
  }

  /// Of 4x4 pixels from there on.
  [[nodiscard]] float mean_of_square(int c, int i, int j) const {
    return colour(c, static_cast<float>(i) + 1.5F, static_cast<float>(j) + 1.5F);
  }

  [[nodiscard]] float colour(int c, float i, float j) const {
    return (0.2F + (c == 0 ? i : j) / 1000) / static_cast<float>(c + 1);
  }
};

void expect_window(const Window& window, const Window& expected) {
  EXPECT_EQ(window.top, expected.top);
  EXPECT_EQ(window.left, expected.left);
  EXPECT_EQ(window.height, expected.height);
  EXPECT_EQ(window.width, expected.width);
}

TEST(Excerpt, OfASmallHoleHasAsMuchAroundItAsItMay) {
  const Scene scene(200, 300, {90, 140, 20, 20});
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 100 * 100);
  expect_window(excerpt.window(), {50, 100, 100, 100});
  EXPECT_EQ(excerpt.shape().height, 100);
  EXPECT_EQ(excerpt.shape().width, 100);
  EXPECT_EQ(excerpt.shape().channels, 3);
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 100; ++j) {
      const std::size_t pixel = static_cast<std::size_t>(i) * 100 + j;
      const std::size_t of_picture = scene.at(0, 50 + i, 100 + j);
      ASSERT_EQ(excerpt.weights()[pixel], scene.weights[of_picture]);
      if (scene.weights[of_picture] > 0) {
        ASSERT_EQ(excerpt.values()[pixel], scene.values[of_picture]);
      }
    }
  }
}

TEST(Excerpt, AtACornerGoesFurtherOnTheOtherSides) {
  const Scene scene(200, 300, {0, 290, 20, 10});
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 100 * 100);
  expect_window(excerpt.window(), {0, 205, 105, 95});
  EXPECT_LE(excerpt.shape().plane(), 100U * 100);
}

TEST(Excerpt, OfALargeHoleIsMadeSmaller) {
  const Scene scene(400, 600, {100, 200, 160, 200});
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 90 * 100);
  expect_window(excerpt.window(), {0, 100, 360, 400});
  EXPECT_EQ(excerpt.shape().height, 90);
  EXPECT_EQ(excerpt.shape().width, 100);
  for (int i = 0; i < 90; ++i) {
    for (int j = 0; j < 100; ++j) {
      const std::size_t pixel = static_cast<std::size_t>(i) * 100 + j;
      const bool missing = i >= 25 && i < 65 && j >= 25 && j < 75;
      ASSERT_EQ(excerpt.weights()[pixel], missing ? 0 : 1) << i << " " << j;
      if (missing) continue;
      for (int c = 0; c < 3; ++c) {
        const float mean = scene.mean_of_square(c, 4 * i, 100 + 4 * j);
        ASSERT_NEAR(excerpt.values()[c * 9000 + pixel], mean, 1e-4) << c << " " << i << " " << j;
      }
    }
  }
}

// An area that is known in part has the mean of that part.
TEST(Excerpt, PixelsCountByTheirWeight) {
  const Scene scene(64, 64, {1, 0, 62, 64});
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 16 * 16);
  expect_window(excerpt.window(), {0, 0, 64, 64});
  ASSERT_EQ(excerpt.shape().height, 16);
  EXPECT_NEAR(excerpt.weights()[3], 0.25, 1e-6);
  EXPECT_NEAR(excerpt.values()[3], scene.colour(0, 0, 0), 1e-4);
  EXPECT_EQ(excerpt.weights()[16 + 3], 0);
}

// Such as a mask has that was kept as a JPEG; and a float picture's infinity may lie under it.
TEST(Excerpt, IsAroundWhatIsMissingForTheMostPart) {
  Scene scene(400, 600, {100, 200, 160, 200});
  scene.weights[scene.at(0, 390, 590)] = 0.99F;
  for (int c = 0; c < 3; ++c) scene.values[scene.at(c, 100, 200)] = std::numeric_limits<float>::infinity();
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 90 * 100);
  expect_window(excerpt.window(), {0, 100, 360, 400});
  for (std::size_t i = 0; i < excerpt.shape().size(); ++i) {
    if (excerpt.weights()[i % 9000] > 0) {
      ASSERT_TRUE(std::isfinite(excerpt.values()[i])) << i;
    }
  }
  std::ranges::fill(scene.weights, 0.9F);
  const Excerpt of_all(scene.values, scene.weights, scene.shape, 90 * 100);
  expect_window(of_all.window(), {0, 0, 400, 600});
}

TEST(Excerpt, OfAStripHasNoMorePixelsThanItMay) {
  const Scene scene(1, 5000, {0, 100, 1, 4000});
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 500);
  EXPECT_EQ(excerpt.shape().height, 1);
  EXPECT_EQ(excerpt.shape().width, 500);
}

TEST(Excerpt, IsPutBackWhereItCameFrom) {
  const Scene scene(400, 600, {100, 200, 160, 200});
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 90 * 100);
  std::vector<float> drawn(excerpt.shape().size());
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 90; ++i) {
      for (int j = 0; j < 100; ++j) {
        drawn[c * 9000 + static_cast<std::size_t>(i) * 100 + j] = scene.mean_of_square(c, 4 * i, 100 + 4 * j);
      }
    }
  }
  std::vector<float> whole(scene.shape.size(), -1.0F);
  excerpt.put(drawn, scene.values, whole);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 400; ++i) {
      for (int j = 0; j < 600; ++j) {
        const bool at_edge = i < 8 || (i >= 352 && i < 360) || (j >= 100 && j < 108) || (j >= 492 && j < 500);
        ASSERT_NEAR(whole[scene.at(c, i, j)], scene.colour(c, static_cast<float>(i), static_cast<float>(j)),
                    at_edge ? 0.01 : 1e-4)
            << c << " " << i << " " << j;
      }
    }
  }
}

TEST(Excerpt, CutsItsWindowOutOfPlanesAndPastesItBack) {
  const Scene scene(200, 300, {90, 140, 20, 20});
  const Excerpt excerpt(scene.values, scene.weights, scene.shape, 100 * 100);
  std::vector<float> planes(2 * scene.shape.plane());
  for (std::size_t i = 0; i < planes.size(); ++i) planes[i] = static_cast<float>(i);
  std::vector<float> window = excerpt.cut(planes);
  ASSERT_EQ(window.size(), 2U * 100 * 100);
  EXPECT_EQ(window.front(), static_cast<float>(scene.at(0, 50, 100)));
  EXPECT_EQ(window[10000 + 101], static_cast<float>(scene.at(1, 51, 101)));
  EXPECT_EQ(window.back(), static_cast<float>(scene.at(1, 149, 199)));
  std::vector<float> pasted(planes.size(), -1.0F);
  excerpt.paste(window, pasted);
  EXPECT_EQ(excerpt.cut(pasted), window);
  EXPECT_EQ(std::ranges::count(pasted, -1.0F), static_cast<std::ptrdiff_t>(pasted.size() - window.size()));
}

TEST(Excerpt, OfALargerPictureTakesNoMoreThanItsWindowDoes) {
  const Scene small(300, 300, {140, 140, 20, 20});
  const Scene large(900, 900, {440, 440, 20, 20});
  const Excerpt of_small(small.values, small.weights, small.shape, 100 * 100);
  const Excerpt of_large(large.values, large.weights, large.shape, 100 * 100);
  EXPECT_EQ(of_small.bytes(), of_large.bytes());
  EXPECT_GE(of_small.bytes(), 12U * 100 * 100 * sizeof(float));
}

}  // namespace
}  // namespace dipper
