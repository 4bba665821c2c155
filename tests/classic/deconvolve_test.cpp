// SPDX-License-Identifier: Apache-2.0
#include "classic/deconvolve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "classic/scenes.hpp"

namespace dipper {
namespace {

Image scene(int width, int height, int channels) {
  return test::drawn(width, height, channels, [](int c, int i, int j) {
    return std::hypot(i % 30 - 15, j % 30 - 15) < 9 ? 0.8 - 0.1 * c : 0.2;
  });
}

// Of a window, what a larger scene looks like through it.
Image seen(const Image& wide, int rows, int columns, const std::vector<float>& weights) {
  Image image(wide.width - columns + 1, wide.height - rows + 1, wide.channels);
  for (int c = 0; c < wide.channels; ++c) {
    for (int i = 0; i < image.height; ++i) {
      for (int j = 0; j < image.width; ++j) {
        float sum = 0;
        for (int r = 0; r < rows; ++r) {
          for (int k = 0; k < columns; ++k) {
            sum += weights[static_cast<std::size_t>(r) * columns + k] *
                   wide.plane(c)[static_cast<std::size_t>(i + r) * wide.width + j + k];
          }
        }
        image.plane(c)[static_cast<std::size_t>(i) * image.width + j] = sum;
      }
    }
  }
  return image;
}

Image middle(const Image& wide, int rows, int columns) {
  std::vector<float> point(static_cast<std::size_t>(rows) * columns);
  point[point.size() / 2] = 1;
  return seen(wide, rows, columns, point);
}

// One that is an outer product, and one that is none and lies to one side.
const std::vector<float> soft{1, 2, 3, 2, 1, 2, 4, 6, 4, 2, 1, 2, 3, 2, 1};
const std::vector<float> bent{0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0};

std::vector<float> scaled(std::vector<float> weights) {
  const float sum = std::accumulate(weights.begin(), weights.end(), 0.0F);
  for (float& weight : weights) weight /= sum;
  return weights;
}

TEST(Deconvolve, FindsWhatWasBlurred) {
  for (const std::vector<float>& weights : {scaled(soft), scaled(bent)}) {
    for (const int channels : {1, 3}) {
      const Image wide = scene(94, 82, channels);
      const Image truth = middle(wide, 3, 5);
      const Image blurred = seen(wide, 3, 5, weights);
      EXPECT_GT(psnr(deconvolve(blurred, 3, 5, weights, 0), truth), psnr(blurred, truth) + 15);
    }
  }
}

TEST(Deconvolve, SmoothsNoiseInsteadOfSharpeningIt) {
  const std::vector<float> weights = scaled(soft);
  const Image wide = scene(94, 82, 1);
  const Image truth = middle(wide, 3, 5);
  const Image blurred = test::noisy(seen(wide, 3, 5, weights), 5.0 / 255);
  const double told = psnr(deconvolve(blurred, 3, 5, weights, 5.0 / 255), truth);
  EXPECT_GT(told, psnr(blurred, truth) + 3);
  EXPECT_GT(told, psnr(deconvolve(blurred, 3, 5, weights, 0), truth) + 3);
}

TEST(Deconvolve, GivesTheSameBitsForAnyNumberOfThreads) {
  const std::vector<float> weights = scaled(bent);
  const Image blurred = seen(scene(60, 51, 3), 3, 5, weights);
  EXPECT_EQ(deconvolve(blurred, 3, 5, weights, 0.01, 1).samples, deconvolve(blurred, 3, 5, weights, 0.01, 3).samples);
}

}  // namespace
}  // namespace dipper
