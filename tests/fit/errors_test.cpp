// SPDX-License-Identifier: Apache-2.0
#include "fit/errors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/philox.hpp"

namespace dipper {
namespace {

constexpr int height = 160;
constexpr int width = 200;
constexpr std::size_t plane = height * width;
const std::vector<float> everywhere(plane, 1.0F);

std::size_t at(int row, int column) {
  return static_cast<std::size_t>(row) * width + column;
}

float normal(std::uint64_t step, std::size_t i) {
  const Philox random{7, Stream::noise};
  const double u = 1 - random.uniform(step, 2 * i);
  return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * random.uniform(step, 2 * i + 1)));
}

TEST(Surroundings, ArePositiveMeansOfWhatIsNear) {
  std::vector<float> values(plane, 1.0F);
  values[at(20, 20)] = 100;
  const std::vector<float> means = Surroundings(everywhere, height, width).of(values);
  EXPECT_LT(means[at(20, 20)], 1.1);  // not of itself
  EXPECT_GT(means[at(20, 21)], 3);
  EXPECT_GT(means[at(21, 20)], 3);
  EXPECT_NEAR(means[at(20, 21)], means[at(21, 20)], 1e-4);
  EXPECT_NEAR(means[at(35, 40)], 1, 0.01);
  EXPECT_NEAR(means[at(0, 0)], 1, 0.01);  // at a corner too
}

TEST(Surroundings, CountWhatIsKnownAlone) {
  std::vector<float> known = everywhere;
  std::vector<float> values(plane, 2.0F);
  for (int i = 0; i < height; ++i) {
    for (int j = 10; j < 30; ++j) known[at(i, j)] = 0;
    for (int j = 10; j < 30; ++j) values[at(i, j)] = NAN;
  }
  for (const float mean : Surroundings(known, height, width).of(values)) EXPECT_NEAR(mean, 2, 1e-4);
}

TEST(SquaresModels, FindTheFactorsThatMadeTheSquares) {
  std::vector<float> slope(plane);
  std::vector<float> squares(plane);
  for (std::size_t i = 0; i < plane; ++i) {
    slope[i] = static_cast<float>(i % width) / width;
    squares[i] = (0.2F + 3 * slope[i]) * std::pow(normal(0, i), 2.0F);
  }
  const SquaresModel model{.terms = {everywhere, slope}, .squares = squares, .where = everywhere};
  const std::vector<double> factors = model.factors();
  EXPECT_NEAR(factors[0], 0.2, 0.1);
  EXPECT_NEAR(factors[1], 3, 0.3);
  const std::vector<float> sum = model.sum(factors);
  EXPECT_NEAR(std::accumulate(sum.begin(), sum.end(), 0.0), std::accumulate(squares.begin(), squares.end(), 0.0),
              0.05 * plane);
}

TEST(SquaresModels, KnowWhatOfTheSquaresIsNoise) {
  std::vector<float> slope(plane);
  std::vector<float> noise(plane, 1.0F);
  std::vector<float> squares(plane);
  for (std::size_t i = 0; i < plane; ++i) {
    slope[i] = i % width < width / 2 ? 0.0F : 1.0F;
    squares[i] = (1 + slope[i]) * std::pow(normal(0, i), 2.0F);
  }
  const SquaresModel model{.terms = {everywhere, slope}, .squares = squares, .noise = noise, .where = everywhere};
  const std::vector<float> sum = model.sum(model.factors());
  EXPECT_NEAR(sum[at(5, 5)], 0, 0.15);
  EXPECT_NEAR(sum[at(5, width - 5)], 1, 0.25);
}

TEST(SquaresModels, GiveATermThatSaysNothingNothing) {
  std::vector<float> slope(plane);
  std::vector<float> squares(plane);
  for (std::size_t i = 0; i < plane; ++i) {
    slope[i] = static_cast<float>(i % width) / width;
    squares[i] = 1.1F - slope[i];
  }
  const std::vector<double> factors =
      SquaresModel{.terms = {everywhere, slope}, .squares = squares, .where = everywhere}.factors();
  EXPECT_LT(factors[1], 0.12);
  EXPECT_GE(factors[1], 0);
}

TEST(SquaresModels, OfNothingAreNothing) {
  const std::vector<float> zeros(plane, 0.0F);
  const SquaresModel model{.terms = {everywhere, zeros}, .squares = zeros, .where = everywhere};
  for (const float sum : model.sum(model.factors())) EXPECT_EQ(sum, 0);
}

}  // namespace
}  // namespace dipper
