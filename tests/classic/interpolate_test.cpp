// SPDX-License-Identifier: Apache-2.0
#include "classic/interpolate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "base/philox.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

constexpr Interpolant kinds[] = {Interpolant::linear, Interpolant::cubic};

std::size_t at(const Image& image, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x);
}

template <class Function>
Image picture_of(int width, int height, const Function& function) {
  Image image(width, height, 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) image.samples[at(image, x, y)] = static_cast<float>(function(x, y));
  }
  return image;
}

// 1 for a share of the pixels and for the four corners, so that nothing lies outside of the hull.
std::vector<float> known_pixels(const Image& image, double share) {
  const Philox random{11, Stream::drop};
  std::vector<float> weights(image.plane_size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = random.uniform(0, i) < share ? 1.0F : 0.0F;
  for (const int x : {0, image.width - 1}) {
    for (const int y : {0, image.height - 1}) weights[at(image, x, y)] = 1;
  }
  return weights;
}

// NaN where it is not known.
Image damaged(Image image, const std::vector<float>& weights) {
  for (int c = 0; c < image.colour_channels(); ++c) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] <= 0) image.plane(c)[i] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  return image;
}

double worst(const Image& a, const Image& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.samples.size(); ++i) {
    const double difference = std::abs(double{a.samples[i]} - b.samples[i]);
    most = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(most, difference);
  }
  return most;
}

TEST(InterpolateScattered, ReproducesRamps) {
  const Image ramp = picture_of(97, 61, [](int x, int y) { return 0.1 + 0.005 * x + 0.003 * y; });
  for (const Interpolant kind : kinds) {
    for (const double share : {0.02, 0.3, 0.9}) {
      const std::vector<float> weights = known_pixels(ramp, share);
      EXPECT_LT(worst(interpolate_scattered(damaged(ramp, weights), weights, kind), ramp), 2e-6) << share;
    }
  }
}

TEST(InterpolateScattered, CubicNearlyReproducesQuadratics) {
  const Image bowl = picture_of(80, 80, [](int x, int y) {
    const double u = (x - 40) / 40.0;
    const double v = (y - 30) / 40.0;
    return 0.2 + 0.3 * u * u + 0.1 * u * v + 0.2 * v * v;
  });
  const std::vector<float> weights = known_pixels(bowl, 0.2);
  const auto error = [&](Interpolant kind) {
    const Image filled = interpolate_scattered(damaged(bowl, weights), weights, kind);
    double sum = 0;
    for (std::size_t i = 0; i < bowl.samples.size(); ++i) sum += std::pow(filled.samples[i] - bowl.samples[i], 2);
    return std::sqrt(sum / static_cast<double>(bowl.samples.size()));
  };
  EXPECT_LT(error(Interpolant::cubic), 1e-4);
  EXPECT_LT(10 * error(Interpolant::cubic), error(Interpolant::linear));
}

TEST(InterpolateScattered, KnownPixelsAndAlphaStay) {
  Image image(40, 30, 4);
  const Philox random{3, Stream::input};
  for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] = random.uniform(0, i);
  std::vector<float> weights = known_pixels(image, 0.5);
  for (float& weight : weights) weight *= 0.25F;  // not quite certain ones are known
  for (const Interpolant kind : kinds) {
    const Image filled = interpolate_scattered(damaged(image, weights), weights, kind);
    for (int c = 0; c < 4; ++c) {
      for (std::size_t i = 0; i < weights.size(); ++i) {
        if (c == 3 || weights[i] > 0) {
          EXPECT_EQ(filled.plane(c)[i], image.plane(c)[i]);
        } else {
          EXPECT_TRUE(std::isfinite(filled.plane(c)[i]));
        }
      }
    }
  }
}

TEST(InterpolateScattered, EachChannelIsAsIfAlone) {
  Image image(31, 44, 3);
  const Philox random{4, Stream::input};
  for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] = random.uniform(0, i);
  const std::vector<float> weights = known_pixels(image, 0.4);
  for (const Interpolant kind : kinds) {
    const Image filled = interpolate_scattered(image, weights, kind);
    for (int c = 0; c < 3; ++c) {
      Image gray(31, 44, 1);
      std::copy(image.plane(c).begin(), image.plane(c).end(), gray.samples.begin());
      gray = interpolate_scattered(gray, weights, kind);
      EXPECT_TRUE(std::equal(gray.samples.begin(), gray.samples.end(), filled.plane(c).begin()));
    }
  }
}

TEST(InterpolateScattered, OutsideOfTheHullTheNearestCounts) {
  Image image(9, 9, 1);
  std::vector<float> weights(81);
  for (const auto& [x, y, value] : std::vector<std::tuple<int, int, float>>{{3, 3, 1.0F}, {5, 3, 2.0F}, {4, 6, 3.0F}}) {
    image.samples[at(image, x, y)] = value;
    weights[at(image, x, y)] = 1;
  }
  for (const Interpolant kind : kinds) {
    const Image filled = interpolate_scattered(image, weights, kind);
    EXPECT_EQ(filled.samples[at(image, 0, 0)], 1);
    EXPECT_EQ(filled.samples[at(image, 8, 1)], 2);
    EXPECT_EQ(filled.samples[at(image, 1, 8)], 3);
    EXPECT_NEAR(filled.samples[at(image, 4, 3)], 1.5, 1e-6);
    EXPECT_NEAR(filled.samples[at(image, 4, 4)], 2.0, 1e-6);
  }
}

TEST(InterpolateScattered, FewPointsOrALineGiveTheNearest) {
  Image image(8, 6, 1);
  std::vector<float> weights(48);
  const auto know = [&](int x, int y, float value) {
    image.samples[at(image, x, y)] = value;
    weights[at(image, x, y)] = 1;
  };
  for (const Interpolant kind : kinds) {
    image = Image(8, 6, 1);
    weights.assign(48, 0);
    know(2, 2, 0.5F);
    EXPECT_EQ(interpolate_scattered(image, weights, kind).samples, std::vector<float>(48, 0.5F));
    know(4, 4, 0.75F);
    know(3, 3, 0.25F);
    const Image filled = interpolate_scattered(image, weights, kind);
    EXPECT_EQ(filled.samples[at(image, 0, 0)], 0.5F);
    EXPECT_EQ(filled.samples[at(image, 7, 5)], 0.75F);
    EXPECT_EQ(filled.samples[at(image, 3, 3)], 0.25F);
  }
}

TEST(InterpolateScattered, PicturesOfOnePixelOrRow) {
  const Image pixel(1, 1, 3, 0.5F);
  EXPECT_EQ(interpolate_scattered(pixel, std::vector<float>{1}, Interpolant::cubic).samples, pixel.samples);
  Image row(5, 1, 1);
  row.samples = {1, 0, 0, 0, 2};
  EXPECT_EQ(interpolate_scattered(row, std::vector<float>{1, 0, 0, 0, 1}, Interpolant::linear).samples[1], 1);
}

TEST(InterpolateScattered, NothingMissingChangesNothing) {
  const Image ramp = picture_of(20, 10, [](int x, int y) { return 0.01 * x + 0.02 * y; });
  const std::vector<float> weights(200, 1.0F);
  EXPECT_EQ(interpolate_scattered(ramp, weights, Interpolant::cubic).samples, ramp.samples);
}

TEST(InterpolateScattered, RefusesWhenNothingIsKnown) {
  const std::vector<float> weights(12, 0.0F);
  EXPECT_THROW((void)interpolate_scattered(Image(4, 3, 1), weights, Interpolant::linear), Error);
}

// A hole of 12 x 12 pixels: what is far away from it does not matter.
TEST(InterpolateScattered, AHoleIsFilledFromItsSurroundings) {
  const auto wave = [](int x, int y) { return 0.5 + 0.3 * std::sin(0.13 * x) * std::cos(0.11 * y + 0.03 * x); };
  const Image large = picture_of(300, 280, [&](int x, int y) { return wave(x - 100, y - 90); });
  const Image small = picture_of(70, 70, wave);
  const auto filled = [](const Image& image, int left, int top) {
    std::vector<float> weights(image.plane_size(), 1.0F);
    for (int y = 0; y < 12; ++y) {
      for (int x = 0; x < 12; ++x) weights[at(image, left + x, top + y)] = 0;
    }
    return interpolate_scattered(damaged(image, weights), weights, Interpolant::cubic);
  };
  const Image in_large = filled(large, 130, 120);
  const Image in_small = filled(small, 30, 30);
  for (int y = 30; y < 42; ++y) {
    for (int x = 30; x < 42; ++x) {
      EXPECT_NEAR(in_large.samples[at(large, 100 + x, 90 + y)], in_small.samples[at(small, x, y)], 5e-4);
      EXPECT_NEAR(in_small.samples[at(small, x, y)], small.samples[at(small, x, y)], 0.02);
    }
  }
}

TEST(InterpolateScattered, ReachesThePublishedFigures) {
  const std::filesystem::path data = DIPPER_SOURCE_DIR "/../shared/data/inpaint50";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no pictures in " << data;
  const auto quality = [&](const std::string& name, Interpolant kind) {
    const Image truth = read_image(data / (name + "_GT.png"));
    const Image masked = read_image(data / (name + "_masked.png"));
    std::vector<float> weights;
    for (const float value : masked.plane(0)) weights.push_back(value > 0 ? 1.0F : 0.0F);
    return psnr(interpolate_scattered(masked, weights, kind), truth);
  };
  // SciPy's griddata has 27.36 and 34.75; which of two diagonals cuts four pixels on a circle makes the difference.
  EXPECT_NEAR(quality("Cameraman256", Interpolant::cubic), 27.36, 0.15);
  EXPECT_NEAR(quality("house", Interpolant::cubic), 34.75, 0.15);
  EXPECT_NEAR(quality("barbara", Interpolant::linear), 26.44, 0.15);
}

}  // namespace
}  // namespace dipper
