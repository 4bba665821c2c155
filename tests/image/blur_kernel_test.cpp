// SPDX-License-Identifier: Apache-2.0
#include "image/blur_kernel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "dipper/error.hpp"

namespace dipper {
namespace {

double sum(const Kernel& kernel) {
  return std::accumulate(kernel.weights.begin(), kernel.weights.end(), 0.0);
}

// x to the right of the middle, y above it.
float weight(const Kernel& kernel, int x, int y) {
  return *(kernel.weights.begin() + (kernel.rows / 2 - y) * kernel.columns + kernel.columns / 2 + x);
}

// The spread along an axis that points at `degrees`, in square pixels.
double variance_along(const Kernel& kernel, double degrees) {
  const double angle = degrees * std::acos(-1.0) / 180;
  double variance = 0;
  for (int y = -(kernel.rows / 2); y <= kernel.rows / 2; ++y) {
    for (int x = -(kernel.columns / 2); x <= kernel.columns / 2; ++x) {
      const double along = x * std::cos(angle) + y * std::sin(angle);
      variance += weight(kernel, x, y) * along * along;
    }
  }
  return variance;
}

void expect_sound(const Kernel& kernel) {
  EXPECT_EQ(kernel.rows % 2, 1);
  EXPECT_EQ(kernel.columns % 2, 1);
  EXPECT_LE(std::max(kernel.rows, kernel.columns), most_kernel_side);
  ASSERT_EQ(kernel.weights.size(), static_cast<std::size_t>(kernel.rows * kernel.columns));
  EXPECT_NEAR(sum(kernel), 1, 1e-5);
  for (const float value : kernel.weights) EXPECT_GE(value, 0);
}

std::string error_of(const Image& picture) {
  try {
    static_cast<void>(kernel_from(picture));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(GaussianKernel, IsRoundAndAsWideAsItsSigma) {
  for (const double sigma : {least_sigma, 0.8, 2.0, 10.0, most_sigma}) {
    const Kernel kernel = gaussian_kernel(sigma);
    expect_sound(kernel);
    EXPECT_EQ(kernel.rows, kernel.columns);
    EXPECT_EQ(weight(kernel, 1, 0), weight(kernel, 0, -1));
  }
  const Kernel kernel = gaussian_kernel(2);
  EXPECT_EQ(kernel.rows, 13);
  EXPECT_NEAR(weight(kernel, 2, 0) / weight(kernel, 0, 0), std::exp(-0.5), 1e-6);
  EXPECT_NEAR(weight(kernel, 3, -2) / weight(kernel, 0, 0), std::exp(-13.0 / 8), 1e-6);
  EXPECT_NEAR(variance_along(kernel, 25), 4, 0.1);  // less than 4: the tails are cut
}

TEST(MotionKernel, AlongAnAxisIsARowOfEqualWeights) {
  for (const double length : {1.0, 3.0, 9.0}) {
    const auto n = static_cast<int>(length);
    for (const double angle : {0.0, 180.0, -180.0}) {
      const Kernel kernel = motion_kernel(length, angle);
      EXPECT_EQ(kernel.rows, 1);
      ASSERT_EQ(kernel.columns, n);
      for (const float value : kernel.weights) EXPECT_FLOAT_EQ(value, 1.0F / static_cast<float>(n));
    }
    const Kernel upright = motion_kernel(length, 90);
    EXPECT_EQ(upright.columns, 1);
    EXPECT_EQ(upright.rows, n);
  }
  const Kernel even = motion_kernel(4, 0);
  EXPECT_EQ(even.weights, (std::vector<float>{0.125F, 0.25F, 0.25F, 0.25F, 0.125F}));
}

TEST(MotionKernel, RisesToTheRightAt45Degrees) {
  const Kernel kernel = motion_kernel(15, 45);
  expect_sound(kernel);
  EXPECT_GT(weight(kernel, 4, 4), 0.04F);
  EXPECT_GT(weight(kernel, -4, -4), 0.04F);
  EXPECT_EQ(weight(kernel, 4, -4), 0);
}

TEST(MotionKernel, SpreadsLightAlongItsLineOnly) {
  for (const double length : {1.0, 7.5, 20.0, 113.0, most_motion}) {
    for (double angle = -170; angle <= 190; angle += 20) {
      const Kernel kernel = motion_kernel(length, angle);
      expect_sound(kernel);
      // That of a line without width, and up to two pixels' own: the line's width and what it is sampled by.
      EXPECT_NEAR(variance_along(kernel, angle), length * length / 12 + 1.0 / 12, 0.002 * length * length + 0.18);
      EXPECT_LT(variance_along(kernel, angle + 90), 0.2);
      // Symmetric to its middle, so that the picture stays where it is.
      const std::vector<float> turned(kernel.weights.rbegin(), kernel.weights.rend());
      for (std::size_t i = 0; i < turned.size(); ++i) EXPECT_NEAR(turned[i], kernel.weights[i], 1e-3);
    }
  }
}

TEST(ParseMotion, TakesAPairOfNumbers) {
  const Motion motion = parse_motion("15.5,-30", "--motion");
  EXPECT_EQ(motion.length, 15.5);
  EXPECT_EQ(motion.angle, -30);
  for (const char* text : {"", "15", "15,", ",30", "15,30,2", "15x30", "0.5,0", "251,0", "9,361", "9, 30"}) {
    try {
      static_cast<void>(parse_motion(text, "--motion"));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("--motion"), std::string::npos) << error.what();
    }
  }
}

TEST(KernelFrom, ScalesToTheSumOne) {
  Image picture(3, 1, 1);
  picture.samples = {0.25F, 0.5F, 0.25F};
  const Kernel kernel = kernel_from(picture);
  EXPECT_EQ(kernel.rows, 1);
  EXPECT_EQ(kernel.columns, 3);
  EXPECT_EQ(kernel.weights, (std::vector<float>{0.25F, 0.5F, 0.25F}));
  picture.samples = {1, 4, 3};
  EXPECT_EQ(kernel_from(picture).weights, (std::vector<float>{0.125F, 0.5F, 0.375F}));
}

TEST(KernelFrom, AnEvenSideGrowsAtItsEnd) {
  Image picture(2, 2, 1);
  picture.samples = {1, 2, 3, 4};
  const Kernel kernel = kernel_from(picture);
  EXPECT_EQ(kernel.rows, 3);
  EXPECT_EQ(kernel.columns, 3);
  EXPECT_EQ(kernel.weights, (std::vector<float>{0.1F, 0.2F, 0, 0.3F, 0.4F, 0, 0, 0, 0}));
}

TEST(KernelFrom, GrayMayBeWrittenAsColourWithAlpha) {
  Image picture(1, 1, 4, 0.5F);
  picture.plane(3)[0] = 0.25F;
  EXPECT_EQ(kernel_from(picture).weights, std::vector<float>{1});
  picture.plane(1)[0] = 0.6F;
  EXPECT_NE(error_of(picture).find("has colours"), std::string::npos);
}

TEST(KernelFrom, RefusesWhatIsNoBlur) {
  EXPECT_NE(error_of(Image(256, 3, 1, 1.0F)).find("256x3"), std::string::npos);
  EXPECT_NE(error_of(Image(3, 256, 1, 1.0F)).find("at most 255"), std::string::npos);
  EXPECT_EQ(error_of(Image(255, 255, 1, 1.0F)), "no error");
  EXPECT_NE(error_of(Image(3, 3, 1)).find("black all over"), std::string::npos);
  Image picture(2, 1, 1);
  picture.samples = {1, -1};
  EXPECT_NE(error_of(picture).find("sum to 0"), std::string::npos);
  picture.samples = {1, -2};
  EXPECT_NE(error_of(picture).find("sum to -1"), std::string::npos);
  picture.samples = {2, -1};
  EXPECT_EQ(kernel_from(picture).weights, (std::vector<float>{2, -1, 0}));
  picture.samples = {1, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_NE(error_of(picture).find("not finite"), std::string::npos);
}

}  // namespace
}  // namespace dipper
