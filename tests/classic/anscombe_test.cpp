// SPDX-License-Identifier: Apache-2.0
#include "classic/anscombe.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dipper {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

/// Of the transform of a Poisson number, by its distribution.
Moments transformed(double photons, double gain) {
  Moments m;
  double square = 0;
  for (int k = 0; k < 400; ++k) {
    const double probability = std::exp(k * std::log(photons) - photons - std::lgamma(k + 1.0));
    const double value = anscombe(gain * k, gain);
    m.mean += probability * value;
    square += probability * value * value;
  }
  m.variance = square - m.mean * m.mean;
  return m;
}

TEST(Anscombe, GivesPhotonsTheVarianceOne) {
  for (const double photons : {3.0, 4.0, 7.0, 20.0, 150.0}) {
    for (const double gain : {1.0, 0.01}) EXPECT_NEAR(transformed(photons, gain).variance, 1, 0.05) << photons;
  }
  EXPECT_LT(transformed(0.5, 1).variance, 0.7);
}

TEST(Anscombe, KnowsTheVarianceOfFewPhotons) {
  EXPECT_NEAR(anscombe_variance(0), 0, 1e-12);
  for (const double photons : {0.1, 0.5, 1.0, 3.0, 9.9, 10.1, 100.0}) {
    EXPECT_NEAR(anscombe_variance(photons), transformed(photons, 1).variance, 2e-3) << photons;
  }
}

TEST(Anscombe, ItsInverseIsUnbiased) {
  for (const double photons : {0.5, 1.0, 2.0, 3.0, 10.0, 150.0}) {
    const double back = inverse_anscombe(transformed(photons, 0.02).mean, 0.02) / 0.02;
    EXPECT_NEAR(back / photons, 1, photons < 2 ? 0.03 : 0.005) << photons;
  }
  // The transform's own inverse is a quarter of a photon less.
  EXPECT_NEAR(inverse_anscombe(anscombe(40, 1), 1), 40.25, 0.02);
}

TEST(Anscombe, ItsInverseTakesAnyValueAndRises) {
  EXPECT_EQ(inverse_anscombe(-3, 0.1), 0);
  EXPECT_EQ(inverse_anscombe(0, 0.1), 0);
  double last = 0;
  for (double value = anscombe(0, 1); value < 30; value += 0.01) {
    const double here = inverse_anscombe(value, 1);
    EXPECT_GE(here, last);
    last = here;
  }
}

TEST(PhotonScale, TakesBlackAndWhiteTo0And1) {
  for (const double white : {1.0, 4.0}) {
    const PhotonScale scale(0.05, white);
    EXPECT_EQ(scale.into(0), 0);
    EXPECT_EQ(scale.into(static_cast<float>(white)), 1);
    EXPECT_EQ(scale.mean(0), 0);
    EXPECT_NEAR(scale.mean(1), white + 0.05 / 4, 1e-3);  // the quarter of a photon above
  }
}

TEST(PhotonScale, KnowsTheDeviationOfNoise) {
  const PhotonScale scale(0.05, 1);
  const double range = anscombe(1, 0.05) - anscombe(0, 0.05);
  EXPECT_DOUBLE_EQ(scale.sigma(), 1 / range);
  EXPECT_NEAR(scale.into(0.3F), (anscombe(0.3, 0.05) - anscombe(0, 0.05)) / range, 1e-6);
}

}  // namespace
}  // namespace dipper
