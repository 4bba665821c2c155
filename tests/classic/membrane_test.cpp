// SPDX-License-Identifier: Apache-2.0
#include "classic/membrane.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace dipper {
namespace {

constexpr int height = 48;
constexpr int width = 64;

/// A hole of 20x30 pixels, `margin` pixels from the picture's upper left corner.
std::vector<float> with_hole(int margin) {
  std::vector<float> known(height * width, 1.0F);
  for (int i = margin; i < margin + 20; ++i) {
    for (int j = margin; j < margin + 30; ++j) known[i * width + j] = 0;
  }
  return known;
}

template <class Value>
std::vector<float> picture(const Value& value) {
  std::vector<float> values(height * width);
  for (int i = 0; i < height; ++i) {
    for (int j = 0; j < width; ++j) values[i * width + j] = static_cast<float>(value(i, j));
  }
  return values;
}

std::vector<float> spanned(std::vector<float> values, const std::vector<float>& known) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (known[i % known.size()] == 0) values[i] = std::nanf("");
  }
  Membrane(known, static_cast<int>(values.size() / known.size()), height, width).span(values);
  return values;
}

TEST(Membrane, HarmonicFunctionsAreFoundAgain) {
  const std::vector<float> known = with_hole(10);
  for (const auto& wanted : {picture([](double i, double j) { return 0.1 + 0.006 * i + 0.004 * j; }),
                             picture([](double i, double j) { return 0.5 + 0.0001 * (i - 20) * (j - 25); })}) {
    const std::vector<float> found = spanned(wanted, known);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 0.005F) << i;
  }
}

// However little of the picture is known to lack nothing.
TEST(Membrane, ARightDrawingIsLeftAlone) {
  const std::vector<float> values = picture([](double i, double j) { return 0.2 + 0.002 * i + 0.001 * j; });
  const std::vector<float> right_third = picture([](double, double j) { return j < width / 3 ? 1 : 0; });
  const std::vector<float> one = picture([](double i, double j) { return i == 5 && j == 7 ? 1 : 0; });
  const std::vector<float> nothing = picture([](double, double) { return 0.99; });
  for (const std::vector<float>& known : {right_third, one, nothing}) {
    std::vector<float> x = values;
    Membrane(known, 1, height, width).close_seams(values, x);
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], values[i], 1e-5) << i;
  }
}

TEST(Membrane, KnownValuesStayAndNoneIsBeyondThem) {
  const std::vector<float> known = with_hole(7);
  const std::vector<float> values = picture([](double i, double j) { return 0.5 + 0.4 * std::sin(0.9 * i + 1.3 * j); });
  const std::vector<float> found = spanned(values, known);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (known[i] == 1) {
      EXPECT_EQ(found[i], values[i]);
    }
    EXPECT_GE(found[i], 0.1F);
    EXPECT_LE(found[i], 0.9F);
  }
}

/// The step is in the rim, not between the rim and what is within it.
TEST(Membrane, MeetsTheRimWithoutAStep) {
  const std::vector<float> known = with_hole(10);
  const std::vector<float> found = spanned(picture([](double /*i*/, double j) { return j < 25 ? 0 : 1; }), known);
  for (int i = 11; i < 29; ++i) {
    EXPECT_LT(found[i * width + 10], 0.1F);
    EXPECT_GT(found[i * width + 39], 0.9F);
    EXPECT_NEAR(found[i * width + 24] + found[i * width + 25], 1, 0.1F);
  }
}

TEST(Membrane, HangsFreeAtThePicturesEdge) {
  const std::vector<float> known = with_hole(0);
  for (const float x : spanned(picture([](double /*i*/, double /*j*/) { return 0.3; }), known))
    EXPECT_NEAR(x, 0.3F, 0.01F);
}

TEST(Membrane, ChannelsAreApart) {
  std::vector<float> values(height * width, 0.2F);
  values.resize(values.size() * 2, 0.9F);
  const std::vector<float> known = with_hole(10);
  const std::vector<float> found = spanned(values, known);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], values[i], 0.01F);
}

/// What is drawn is right but for its brightness, which fades from left to right.
TEST(Membrane, SeamsAreClosed) {
  const auto drawn = [](double i, double j) { return 0.5 + 0.2 * std::sin(0.9 * i + 1.3 * j); };
  const std::vector<float> known = with_hole(10);
  const std::vector<float> values = picture(drawn);
  std::vector<float> x = picture([&](double i, double j) { return drawn(i, j) + 0.1 - 0.002 * j; });
  const std::vector<float> before = x;
  Membrane(known, 1, height, width).close_seams(values, x);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], known[i] == 1 ? before[i] : values[i], 0.005F) << i;
}

TEST(Membrane, WhatIsDrawnStaysInRange) {
  const std::vector<float> known = with_hole(10);
  std::vector<float> x(known.size(), 0.9F);
  Membrane(known, 1, height, width).close_seams(std::vector<float>(known.size(), 1.0F), x);
  EXPECT_NEAR(x[20 * width + 20], 1, 0.01F);
  x.assign(known.size(), 0.0F);
  x[20 * width + 20] = 0.5F;
  Membrane(known, 1, height, width).close_seams(std::vector<float>(known.size(), 0.8F), x);
  EXPECT_EQ(x[20 * width + 20], 1);
}

TEST(Membrane, NoGapAndNothingElse) {
  const std::vector<float> values = picture([](double i, double j) { return 0.01 * (i + j); });
  EXPECT_EQ(spanned(values, std::vector<float>(values.size(), 1.0F)), values);
  for (const float x : spanned(values, std::vector<float>(values.size(), 0.0F))) EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace dipper
