// SPDX-License-Identifier: Apache-2.0
#include "image/resize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "dipper/error.hpp"
#include "pictures.hpp"
#include "resize_golden.hpp"

namespace dipper {
namespace {

constexpr ResizeKernel kernels[] = {ResizeKernel::box, ResizeKernel::bicubic, ResizeKernel::lanczos2,
                                    ResizeKernel::lanczos3, ResizeKernel::gaussian};

double mean(std::span<const float> plane) {
  return std::accumulate(plane.begin(), plane.end(), 0.0) / static_cast<double>(plane.size());
}

TEST(Box, HalvesByTheMeanOfFour) {
  Image image(4, 2, 1);
  image.samples = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(resize(image, 2, 1, ResizeKernel::box).samples, (std::vector<float>{2.5F, 4.5F}));
  EXPECT_EQ(resize(image, 1, 1, ResizeKernel::box).samples, std::vector<float>{3.5F});
}

TEST(Box, CountsPartsOfPixels) {
  Image image(3, 1, 1);
  image.samples = {0, 3, 9};
  EXPECT_EQ(resize(image, 2, 1, ResizeKernel::box).samples,
            (std::vector<float>{1, 7}));  // (0 + 3 / 2) / 1.5, (3 / 2 + 9) / 1.5
  Image column(1, 3, 1);
  column.samples = {0, 3, 9};
  EXPECT_EQ(resize(column, 1, 2, ResizeKernel::box).samples, (std::vector<float>{1, 7}));
}

TEST(Box, KeepsTheMeanAndTheSize) {
  const Image image = test::pattern(451, 300, 3);
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{200, 133}, {17, 3}, {1, 1}, {451, 7}}) {
    const Image small = resize(image, width, height, ResizeKernel::box);
    EXPECT_EQ(small.width, width);
    EXPECT_EQ(small.height, height);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(mean(small.plane(c)), mean(image.plane(c)), 1e-6);
  }
  test::expect_same_pixels(resize(image, 451, 300, ResizeKernel::box), image);
}

TEST(Box, RepeatsPixelsWhereItEnlargesByWholeNumbers) {
  Image image(2, 1, 1);
  image.samples = {0, 1};
  EXPECT_EQ(resize(image, 4, 2, ResizeKernel::box).samples, (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST(Box, ColoursWeighByTheirAlpha) {
  Image image(2, 1, 2);
  image.samples = {0.25F, 1, 0, 0.5F};  // the first pixel is transparent
  Image small = resize(image, 1, 1, ResizeKernel::box);
  EXPECT_EQ(small.samples, (std::vector<float>{1, 0.25F}));
  image.samples = {0.25F, 0.75F, 0, 0};
  EXPECT_EQ(resize(image, 1, 1, ResizeKernel::box).samples, (std::vector<float>{0.5F, 0}));
}

TEST(Resize, KeepsTheRestAndTakesNanAsBlack) {
  Image image(2, 2, 1, 1.0F);
  image.samples[0] = std::numeric_limits<float>::quiet_NaN();
  image.sample = SampleType::f32;
  image.icc = test::gray_profile();
  const Image small = resize(image, 1, 1, ResizeKernel::box);
  EXPECT_EQ(small.samples, std::vector<float>{0.75F});
  EXPECT_EQ(small.sample, SampleType::f32);
  EXPECT_EQ(small.icc, image.icc);
}

TEST(Resize, IsWhatPillowMakes) {
  Image image(24, 20, 1);
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 24; ++x) {
      image.samples[test::at(image, x, y)] = static_cast<float>((x * 7 + y * 13 + x * y) % 256) / 255;
    }
  }
  const auto expect_like = [&](std::span<const float> pillow, int width, int height, ResizeKernel kernel) {
    const Image resized = resize(image, width, height, kernel);
    ASSERT_EQ(resized.samples.size(), pillow.size());
    for (std::size_t i = 0; i < pillow.size(); ++i) EXPECT_NEAR(resized.samples[i], pillow[i], 2e-6) << i;
  };
  expect_like(lanczos_quarter, 6, 5, ResizeKernel::lanczos3);
  expect_like(bicubic_quarter, 6, 5, ResizeKernel::bicubic);
  expect_like(lanczos_odd, 7, 3, ResizeKernel::lanczos3);
  expect_like(bicubic_larger, 31, 4, ResizeKernel::bicubic);
}

TEST(Resize, AConstantStaysAndSoDoesItsTransparency) {
  Image image(19, 13, 4, 0.625F);
  for (float& alpha : image.plane(3)) alpha = 0.25F;
  for (const ResizeKernel kernel : kernels) {
    for (const auto& [width, height] : std::vector<std::pair<int, int>>{{5, 3}, {40, 31}, {1, 50}, {19, 13}}) {
      const Image resized = resize(image, width, height, kernel);
      for (int c = 0; c < 4; ++c) {
        for (const float value : resized.plane(c)) EXPECT_NEAR(value, c < 3 ? 0.625F : 0.25F, 1e-6);
      }
    }
  }
}

// The sharper kernels are 0 at whole numbers, so the size alone changes nothing.
TEST(Resize, ToTheSameSizeIsThePicture) {
  const Image image = test::pattern(17, 9, 3);
  for (const ResizeKernel kernel : {ResizeKernel::bicubic, ResizeKernel::lanczos2, ResizeKernel::lanczos3}) {
    EXPECT_LT(test::largest_difference(resize(image, 17, 9, kernel), image), 1e-6);
  }
}

TEST(Resize, MirroredPicturesStayMirrored) {
  const Image image = test::pattern(23, 1, 1);
  Image mirrored = image;
  std::reverse(mirrored.samples.begin(), mirrored.samples.end());
  for (const ResizeKernel kernel : kernels) {
    for (const int width : {7, 12, 46}) {
      Image a = resize(image, width, 1, kernel);
      std::reverse(a.samples.begin(), a.samples.end());
      EXPECT_LT(test::largest_difference(a, resize(mirrored, width, 1, kernel)), 1e-6);
    }
  }
}

// A ramp's pixel i of n is its value in the middle of [i / n, (i + 1) / n), away from the edges.
TEST(Resize, PixelsLieWhereTheyCover) {
  Image ramp(64, 1, 1);
  for (int x = 0; x < 64; ++x) ramp.samples[static_cast<std::size_t>(x)] = (static_cast<float>(x) + 0.5F) / 64;
  for (const ResizeKernel kernel : kernels) {
    for (const int width : {16, 32, 128}) {
      const Image resized = resize(ramp, width, 1, kernel);
      // Enlarging, only the cubic kernel reproduces ramps; the others do on average.
      const double tolerance = width < 64 || kernel == ResizeKernel::bicubic ? 1e-6 : 0.006;
      for (int i = width / 4; i < width - width / 4; ++i) {
        EXPECT_NEAR(resized.samples[static_cast<std::size_t>(i)], (i + 0.5) / width, tolerance) << width;
      }
    }
  }
}

// Stripes finer than the new pixels turn gray instead of coarser stripes.
TEST(Resize, DoesNotAlias) {
  Image stripes(120, 1, 1);
  for (std::size_t x = 0; x < 120; x += 2) stripes.samples[x] = 1;
  for (const ResizeKernel kernel : kernels) {
    const Image small = resize(stripes, 17, 1, kernel);
    for (std::size_t i = 2; i < 15; ++i) EXPECT_NEAR(small.samples[i], 0.5, 0.08) << i;
  }
}

TEST(Resize, TransparentColoursDoNotBleed) {
  Image image(16, 16, 4);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      const bool opaque = x < 7;
      image.plane(0)[test::at(image, x, y)] = opaque ? 0.25F : 1.0F;
      image.plane(3)[test::at(image, x, y)] = opaque ? 1.0F : 0.0F;
    }
  }
  for (const ResizeKernel kernel : kernels) {
    for (const int size : {5, 29}) {
      const Image resized = resize(image, size, size, kernel);
      for (std::size_t i = 0; i < resized.plane_size(); ++i) {
        EXPECT_GE(resized.plane(3)[i], 0);
        EXPECT_LE(resized.plane(3)[i], 1);
        EXPECT_GE(resized.plane(0)[i], 0.25F - 1e-6F);
        if (resized.plane(3)[i] > 0.05F) {
          EXPECT_NEAR(resized.plane(0)[i], 0.25F, 1e-5);
        }
      }
    }
  }
}

TEST(Resize, RefusesSizesThatNoPictureHas) {
  EXPECT_THROW((void)resize(Image(2, 2, 1), 0, 3, ResizeKernel::box), Error);
}

TEST(DownsamplingTaps, HaveTheKnownExtent) {
  const auto expect_extent = [](ResizeKernel kernel, int factor, int first, std::size_t count) {
    const Taps taps = downsampling_taps(kernel, factor);
    EXPECT_EQ(taps.first, first) << factor;
    EXPECT_EQ(taps.weights.size(), count) << factor;
  };
  expect_extent(ResizeKernel::lanczos2, 4, -6, 16);
  expect_extent(ResizeKernel::lanczos2, 2, -3, 8);
  expect_extent(ResizeKernel::lanczos2, 3, -4, 11);
  expect_extent(ResizeKernel::lanczos3, 4, -10, 24);
  expect_extent(ResizeKernel::bicubic, 8, -12, 32);
  expect_extent(ResizeKernel::gaussian, 4, -4, 12);
  expect_extent(ResizeKernel::box, 5, 0, 5);
  EXPECT_EQ(downsampling_taps(ResizeKernel::box, 4).weights, (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
}

// One weight by hand: Lanczos-2 by 2 has samples at distances 1/4, 3/4, 5/4 and 7/4 of an output sample.
TEST(DownsamplingTaps, FollowTheFormula) {
  const auto lanczos = [](double d) {
    const double a = std::numbers::pi * d;
    return 2 * std::sin(a) * std::sin(a / 2) / (a * a);
  };
  const double sum = 2 * (lanczos(0.25) + lanczos(0.75) + lanczos(1.25) + lanczos(1.75));
  const Taps taps = downsampling_taps(ResizeKernel::lanczos2, 2);
  for (const std::size_t t : {0U, 1U, 2U, 3U}) {
    const double expected = lanczos(1.75 - 0.5 * static_cast<double>(t)) / sum;
    EXPECT_NEAR(taps.weights[t], expected, 1e-15);
    EXPECT_NEAR(taps.weights[7 - t], expected, 1e-15);
  }
}

TEST(DownsamplingTaps, SumToOneAndAreSymmetric) {
  for (const ResizeKernel kernel : kernels) {
    for (const int factor : {1, 2, 3, 4, 8, 16}) {
      const Taps taps = downsampling_taps(kernel, factor);
      EXPECT_NEAR(std::accumulate(taps.weights.begin(), taps.weights.end(), 0.0), 1, 1e-14);
      // Centred on (factor - 1) / 2.
      EXPECT_EQ(2 * taps.first + static_cast<int>(taps.weights.size()) - 1, factor - 1);
      for (std::size_t t = 0; t < taps.weights.size(); ++t) {
        EXPECT_NEAR(taps.weights[t], taps.weights[taps.weights.size() - 1 - t], 1e-15);
      }
    }
  }
}

TEST(DownsamplingTaps, AreWhatResizeUsesInside) {
  constexpr int factor = 3;
  const Image image = test::pattern(60, 1, 1);
  for (const ResizeKernel kernel : kernels) {
    const Taps taps = downsampling_taps(kernel, factor);
    const Image small = resize(image, 20, 1, kernel);
    for (int i = 4; i < 16; ++i) {
      double sum = 0;
      for (std::size_t t = 0; t < taps.weights.size(); ++t) {
        sum += taps.weights[t] * image.samples[static_cast<std::size_t>(i * factor + taps.first) + t];
      }
      EXPECT_NEAR(small.samples[static_cast<std::size_t>(i)], sum, 1e-6);
    }
  }
}

}  // namespace
}  // namespace dipper
