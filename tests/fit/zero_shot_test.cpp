// SPDX-License-Identifier: Apache-2.0
#include "fit/zero_shot.hpp"
#include "fit/some_tiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace dipper {
namespace {

/// A picture of smooth waves with a detail here and there, and the tensors of a program that is not there.
class ZeroShots : public testing::Test {
 protected:
  void SetUp() override { set_size(60, 100); }

  void set_size(int height, int width) {
    shape = {3, height, width};
    small.resize(shape.size());
    for (std::size_t i = 0; i < small.size(); ++i) {
      const auto row = static_cast<double>(i % shape.plane() / width);
      const auto column = static_cast<double>(i % width);
      const double spot = i % 37 == 0 ? 0.1 : 0;
      small[i] = static_cast<float>(0.5 + 0.2 * std::sin(0.11 * row + 0.17 * column) + spot);
    }
    const Shape tile = Tiles::shape_for(shape);
    z.assign(tile.size(), 0);
    y.assign(tile.size(), 0);
    x.assign(tile.size(), 0);
    weights.assign(tile.plane(), 0);
  }
  ZeroShot make(int scale = 4) {
    return {recipe, 7, {scale, ResizeKernel::lanczos3}, small, shape, {z, y, weights, x}};
  }
  // With a network that adds the same to every pixel.
  std::vector<float> enlarged(int scale, float added) {
    std::vector<float> to(small.size() * scale * scale);
    make(scale).enlarge([&] { std::ranges::fill(x, 0.5F + added); }, all_of_them, {}, pool, Patience::endless(), to);
    return to;
  }
  // What is left when it is made small again.
  [[nodiscard]] double inconsistency(const std::vector<float>& large, int scale) const {
    Image image(shape.width * scale, shape.height * scale, shape.channels);
    std::ranges::copy(large, image.samples.begin());
    const Image again = resize(image, shape.width, shape.height, ResizeKernel::lanczos3);
    double worst = 0;
    for (std::size_t i = 0; i < small.size(); ++i)
      worst = std::max(worst, double{std::abs(again.samples[i] - small[i])});
    return worst;
  }

  static constexpr Tiles::Views all_of_them{0, Tiles::all_views};
  ThreadPool pool{2};
  Recipe recipe;
  Shape shape;
  std::vector<float> small, z, y, x, weights;
};

TEST_F(ZeroShots, TilesAreAsLargeAsThePictureUpToALimit) {
  EXPECT_EQ(Tiles::shape_for({3, 10, 12}), (Shape{3, 48, 48}));
  EXPECT_EQ(Tiles::shape_for({3, 10, 61}), (Shape{3, 64, 64}));
  EXPECT_EQ(Tiles::shape_for({1, 1000, 2000}), (Shape{1, 96, 96}));
}

TEST_F(ZeroShots, WhatTheNetworkSeesAndWhatItIsToAddMakeThePicture) {
  ZeroShot zero_shot = make();
  std::set<float> samples;
  for (const float sample : small) samples.insert(std::round(sample * 1e4F));
  for (int step = 0; step < 6; ++step) {
    zero_shot.before(step);
    double detail = 0;
    int inside = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (weights[i % weights.size()] == 0) continue;
      ++inside;
      EXPECT_TRUE(samples.contains(std::round((z[i] + y[i]) * 1e4F))) << "step " << step << ", element " << i;
      detail = std::max(detail, double{std::abs(y[i] - 0.5F)});
    }
    EXPECT_EQ(inside, 3 * 60 * 96) << step;  // a tile is 96 pixels wide and high
    EXPECT_GT(detail, 0.02);
  }
}

TEST_F(ZeroShots, EachStepSeesAnotherPartOrLay) {
  ZeroShot zero_shot = make();
  std::set<std::vector<float>> seen;
  for (int step = 0; step < 20; ++step) {
    zero_shot.before(step);
    seen.insert(z);
  }
  EXPECT_GT(seen.size(), 12U);
  zero_shot.before(3);
  const std::vector<float> third = z;
  ZeroShot again = make();
  again.before(3);
  EXPECT_EQ(z, third);
}

TEST_F(ZeroShots, WhatIsEnlargedIsConsistentWithThePicture) {
  for (const int scale : {2, 3, 4, 6}) {
    EXPECT_LT(inconsistency(enlarged(scale, 0), scale), 0.01) << scale;
    EXPECT_LT(inconsistency(enlarged(scale, 0.1F), scale), 0.02) << scale;
  }
}

/// A network that draws what it sees adds it: the tiles lie where they belong, in every view.
TEST_F(ZeroShots, TilesMeetWithoutSeams) {
  set_size(70, 90);
  const auto draw = [&] { std::ranges::transform(z, x.begin(), [](float seen) { return 0.5F + 0.3F * seen; }); };
  std::vector<float> to(small.size() * 4);
  make(2).enlarge(draw, all_of_them, {}, pool, Patience::endless(), to);
  for (int view = 0; view < 8; ++view) {
    std::vector<float> one(to.size());
    make(2).enlarge(draw, {view, 1}, {}, pool, Patience::endless(), one);
    for (std::size_t i = 0; i < to.size(); ++i) EXPECT_NEAR(to[i], one[i], 1e-5F) << i;
  }
}

TEST_F(ZeroShots, WithoutPatienceTheNetworkDrawsNothing) {
  std::vector<float> to(small.size() * 16);
  int drawn = 0;
  EXPECT_EQ(make(4).enlarge([&] { ++drawn; }, all_of_them, {}, pool, Patience::none(), to), 0);
  EXPECT_EQ(drawn, 0);
  EXPECT_EQ(to, enlarged(4, 0));
}

TEST_F(ZeroShots, OfASizeThatNoViewIsWholeOfNothingIsTaken) {
  std::vector<float> to(small.size() * 4);
  SomeTiles one(1);
  const double share = make(2).enlarge([&] { std::ranges::fill(x, 0.6F); }, all_of_them, {}, pool, one, to);
  EXPECT_GT(share, 0);
  EXPECT_LT(share, 0.1);
  EXPECT_EQ(to, enlarged(2, 0));
}

TEST_F(ZeroShots, ViewsThatThereIsTimeForAreTaken) {
  constexpr Tiles::Views four{0, 4};
  // What it draws differs from view to view, so that each counts.
  const auto draw_as = [this](int& drawn) {
    return [this, &drawn] { std::ranges::fill(x, 0.5F + 0.001F * static_cast<float>(++drawn)); };
  };
  std::vector<float> all(small.size() * 4);
  int every = 0;
  EXPECT_EQ(make(2).enlarge(draw_as(every), four, {}, pool, Patience::endless(), all), 1);
  std::vector<float> some(all.size());
  int few = 0;
  SomeTiles half(every / 2);
  const double share = make(2).enlarge(draw_as(few), four, {}, pool, half, some);
  EXPECT_NEAR(share, 0.5, 0.02);
  EXPECT_NE(some, all);
  EXPECT_NE(some, enlarged(2, 0));
  EXPECT_LT(inconsistency(some, 2), 0.02);
}

TEST_F(ZeroShots, TheCostIsMeasured) {
  const auto slow = [] {
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(2)) {
    }
  };
  const Tiles::Cost cost = make(4).measure(slow, pool);
  std::vector<float> to(small.size() * 16);
  int drawn = 0;
  make(4).enlarge([&] { ++drawn; }, {0, 1}, {}, pool, Patience::endless(), to);
  EXPECT_GE(cost.view, 0.002 * drawn);
  EXPECT_GT(cost.other, 0);
}

TEST_F(ZeroShots, APictureTooSmallToLearnFromIsEnlargedAllTheSame) {
  set_size(6, 9);
  ZeroShot zero_shot = make();
  zero_shot.before(0);
  EXPECT_EQ(std::accumulate(weights.begin(), weights.end(), 0.0F), 0);
  EXPECT_EQ(enlarged(4, 0.3F), enlarged(4, 0));
  for (const float sample : enlarged(4, 0)) EXPECT_TRUE(sample >= 0 && sample <= 1);
}

}  // namespace
}  // namespace dipper
