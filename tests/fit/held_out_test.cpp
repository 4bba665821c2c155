// SPDX-License-Identifier: Apache-2.0
#include "fit/held_out.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/philox.hpp"

namespace dipper {
namespace {

constexpr Shape shape{2, 120, 160};

double mean(const std::vector<float>& errors) {
  return std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
}

/// y is noise about 0.5; a and b err on it independently, as much as they are told to.
struct Results {
  Results() : y(shape.size()), a(shape.size()), b(shape.size()) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = 0.5F + 0.2F * centred(0, i);
  }
  [[nodiscard]] static float centred(int step, std::size_t i) {
    return 2 * Philox{4, Stream::noise}.uniform(static_cast<std::uint64_t>(step), i) - 1;
  }
  template <class Error>
  static void err(std::vector<float>& x, const std::vector<float>& y, int step, const Error& error) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = y[i] + error(i % shape.plane() % shape.width) * centred(step, i);
  }
  // Of the mixture, over the whole picture.
  [[nodiscard]] double error_of(const Blend& mix) const {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const float share = mix.share[i % shape.plane()];
      sum += std::pow(share * a[i] + (1 - share) * b[i] - y[i], 2);
    }
    return sum / static_cast<double>(y.size());
  }
  std::vector<float> y, a, b;
};

const std::vector<float> all_known(shape.plane(), 1.0F);

TEST(HeldOut, TakesAShareOfTheFullyKnownPixelsAlone) {
  std::vector<float> weights = all_known;
  for (std::size_t i = 0; i < weights.size(); i += 2) weights[i] = i % 4 == 0 ? 0.0F : 0.9F;
  const HeldOut held_out(weights, shape.height, shape.width, 0.1, 3);
  EXPECT_NEAR(static_cast<double>(held_out.pixels().size()), 0.05 * 120 * 160, 100);
  for (const std::size_t i : held_out.pixels()) EXPECT_EQ(weights[i], 1);
  const std::vector<float> others = held_out.others(weights);
  const std::set<std::size_t> taken(held_out.pixels().begin(), held_out.pixels().end());
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_EQ(others[i], taken.contains(i) ? 0 : weights[i]);
  EXPECT_FALSE(std::ranges::equal(held_out.pixels(), HeldOut(weights, shape.height, shape.width, 0.1, 4).pixels()));
}

TEST(HeldOut, TakesNoneWhereTheyWouldSayLittle) {
  const std::vector<float> few(400, 1.0F);
  EXPECT_TRUE(HeldOut(few, 20, 20, 0.05, 0).empty());
  EXPECT_EQ(HeldOut(few, 20, 20, 0.05, 0).others(few), few);
}

/// Where a square is missing, squares are held out, clear of it.
TEST(HeldOut, TakesPiecesOfTheShapeOfWhatIsMissing) {
  std::vector<float> weights = all_known;
  for (std::size_t i = 0; i < 36; ++i) weights[(50 + i / 6) * shape.width + 70 + i % 6] = 0;
  const HeldOut held_out(weights, shape.height, shape.width, 0.05, 0);
  const std::set<std::uint32_t> pieces(held_out.pieces().begin(), held_out.pieces().end());
  EXPECT_EQ(held_out.pixels().size(), 36 * pieces.size());
  EXPECT_NEAR(static_cast<double>(held_out.pixels().size()), 0.05 * 120 * 160, 40);
}

/// What errs alike within a piece says no more than one pixel of it.
TEST(Blends, TheErrorIsAsSureAsPiecesAreMany) {
  const auto deviation = [](const HeldOut& held_out) {
    Results results;
    results.a = results.y;
    for (std::size_t n = 0; n < held_out.pixels().size(); ++n) {
      const float error = 0.1F * Results::centred(1, held_out.pieces()[n]);
      for (int c = 0; c < shape.channels; ++c) results.a[c * shape.plane() + held_out.pixels()[n]] += error;
    }
    return blend(held_out, results.a, results.a, results.y, shape).error_deviation;
  };
  std::vector<float> weights = all_known;
  for (std::size_t i = 0; i < 36; ++i) weights[(50 + i / 6) * shape.width + 70 + i % 6] = 0;
  const double of_squares = deviation({weights, shape.height, shape.width, 0.05, 0});
  const double of_pixels = deviation({all_known, shape.height, shape.width, 0.05, 0});
  EXPECT_NEAR(of_squares / of_pixels, 6, 2);  // the root of 36
}

TEST(HeldOut, ErrorIsThatOfItsPixels) {
  const HeldOut held_out(all_known, shape.height, shape.width, 0.05, 0);
  std::vector<float> x(shape.size(), 0.5F);
  const std::vector<float> y = x;
  for (const std::size_t i : held_out.pixels()) x[shape.plane() + i] = 0.7F;
  EXPECT_NEAR(mean(held_out.errors(x, y, shape)), 0.2 * 0.2 / 2, 1e-6);
}

TEST(Blends, IndependentErrorsOfOneSizeAreHalved) {
  Results results;
  Results::err(results.a, results.y, 1, [](std::size_t) { return 0.1F; });
  Results::err(results.b, results.y, 2, [](std::size_t) { return 0.1F; });
  const HeldOut held_out(all_known, shape.height, shape.width, 0.05, 0);
  const Blend mix = blend(held_out, results.a, results.b, results.y, shape);
  EXPECT_NEAR(mix.mean_share, 0.5, 0.05);
  const double single = mean(held_out.errors(results.a, results.y, shape));
  EXPECT_NEAR(results.error_of(mix), single / 2, 0.08 * single);
  EXPECT_NEAR(mix.error, results.error_of(mix), 0.1 * results.error_of(mix));
}

/// One result is right on the left, the other on the right.
TEST(Blends, EachPartOfThePictureTakesWhatIsBetterThere) {
  Results results;
  Results::err(results.a, results.y, 1, [](std::size_t column) { return column < 80 ? 0.02F : 0.2F; });
  Results::err(results.b, results.y, 2, [](std::size_t column) { return column < 80 ? 0.2F : 0.02F; });
  const HeldOut held_out(all_known, shape.height, shape.width, 0.05, 0);
  const Blend mix = blend(held_out, results.a, results.b, results.y, shape);
  EXPECT_GT(mix.share[60 * 160 + 20], 0.93F);
  EXPECT_LT(mix.share[60 * 160 + 140], 0.07F);
  EXPECT_LT(results.error_of(mix), 0.25 * mean(held_out.errors(results.a, results.y, shape)));
  EXPECT_NEAR(mix.error, results.error_of(mix), 0.15 * results.error_of(mix));
}

/// The same, but what the held-out pixels say of each part is mostly noise: the shares hardly differ, and are better
/// for it than if the noise were not told.
TEST(Blends, NoisyPicturesHaveOneShare) {
  Results truth;
  Results::err(truth.a, truth.y, 1, [](std::size_t) { return 0.05F; });
  Results::err(truth.b, truth.y, 2, [](std::size_t) { return 0.05F; });
  std::vector<float> observed(shape.size());
  Results::err(observed, truth.y, 3, [](std::size_t) { return 0.6F; });
  const HeldOut held_out(all_known, shape.height, shape.width, 0.05, 0);
  const Blend untold = blend(held_out, truth.a, truth.b, observed, shape);
  const Blend told = blend(held_out, truth.a, truth.b, observed, shape, {.mean_square = 0.6 * 0.6 / 3});
  const auto [least, most] = std::ranges::minmax(told.share);
  EXPECT_LT(most - least, 0.3F);
  EXPECT_LT(truth.error_of(told), truth.error_of(untold));
}

/// A fit in its first steps: what noisy pixels seem to say for it in some places is chance.
TEST(Blends, OfAFarWorseResultNoisyPicturesTakeLittleAnywhere) {
  Results truth;
  Results::err(truth.a, truth.y, 1, [](std::size_t) { return 0.5F; });
  Results::err(truth.b, truth.y, 2, [](std::size_t) { return 0.05F; });
  std::vector<float> observed(shape.size());
  Results::err(observed, truth.y, 3, [](std::size_t) { return 0.6F; });
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const HeldOut held_out(all_known, shape.height, shape.width, 0.05, seed);
    const Blend mix = blend(held_out, truth.a, truth.b, observed, shape, {.mean_square = 0.6 * 0.6 / 3});
    EXPECT_LT(std::ranges::max(mix.share), 0.12F) << seed;
    EXPECT_LT(truth.error_of(mix), 1.1 * 0.05 * 0.05 / 3) << seed;
  }
}

TEST(Blends, AWorseResultWithTheSameErrorsAndMoreGetsNothing) {
  Results results;
  Results::err(results.a, results.y, 1, [](std::size_t) { return 0.05F; });
  results.b = results.a;
  for (std::size_t i = 0; i < results.b.size(); ++i) results.b[i] += 0.1F * Results::centred(3, i);
  const HeldOut held_out(all_known, shape.height, shape.width, 0.05, 0);
  EXPECT_GT(blend(held_out, results.a, results.b, results.y, shape).mean_share, 0.96);
  EXPECT_LT(blend(held_out, results.b, results.a, results.y, shape).mean_share, 0.04);
}

TEST(Blends, EqualResultsAreLeftAlone) {
  Results results;
  results.a = results.b = results.y;
  const HeldOut held_out(all_known, shape.height, shape.width, 0.05, 0);
  const Blend mix = blend(held_out, results.a, results.b, results.y, shape);
  EXPECT_EQ(mix.error, 0);
  for (const float share : mix.share) EXPECT_TRUE(share >= 0 && share <= 1);
}

}  // namespace
}  // namespace dipper
