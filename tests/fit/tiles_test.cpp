// SPDX-License-Identifier: Apache-2.0
#include "fit/tiles.hpp"
#include "fit/some_tiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

namespace dipper {
namespace {

/// A picture that differs everywhere, and the tensors of a program that is not there.
class TilesTest : public testing::Test {
 protected:
  TilesTest() {
    for (std::size_t i = 0; i < picture.samples.size(); ++i) {
      picture.samples[i] = static_cast<float>(i) / static_cast<float>(picture.samples.size());
    }
    const Shape tile = Tiles::shape_for(shape);
    for (std::vector<float>* values : {&z, &y, &x}) values->assign(tile.size(), 0);
    weights.assign(tile.plane(), 0.5F);
  }
  Tiles make() { return {recipe, shape, {z, y, weights, x}}; }
  // A network that draws half of what it sees.
  Tiles::Draw halves() {
    return [this] { std::ranges::transform(z, x.begin(), [](float seen) { return Tiles::middle + seen / 2; }); };
  }

  Recipe recipe;
  Shape shape{3, 70, 150};
  Image picture{150, 70, 3};
  std::vector<float> z, y, weights, x;
};

TEST(TileShapes, AreSquaresOfEightsThatThePictureFillsBetweenLimits) {
  EXPECT_EQ(Tiles::shape_for({3, 20, 30}), (Shape{3, 48, 48}));
  EXPECT_EQ(Tiles::shape_for({1, 20, 61}), (Shape{1, 64, 64}));
  EXPECT_EQ(Tiles::shape_for({3, 500, 30}), (Shape{3, 96, 96}));
}

TEST_F(TilesTest, MeetWithoutSeamsInEveryView) {
  for (int view = 0; view < Tiles::all_views; ++view) {
    Image made = picture;
    Tiles::Looks looks{Patience::endless(), make().count(70, 150)};
    ASSERT_TRUE(make().add_details(halves(), {view, 1}, 0.5F, looks, made));
    EXPECT_EQ(looks.share(), 1);
    for (std::size_t i = 0; i < made.samples.size(); ++i) {
      EXPECT_NEAR(made.samples[i], picture.samples[i] + 0.25F * (picture.samples[i] - Tiles::middle), 1e-5F) << i;
    }
  }
}

TEST_F(TilesTest, AViewThatIsNoWholeAddsNothingWhereItIsTheFirst) {
  const int tiles = make().count(70, 150);
  for (const int most : {tiles - 1, tiles + 1}) {
    Image made = picture;
    SomeTiles some(most);
    Tiles::Looks looks{some, 2 * tiles};
    EXPECT_EQ(make().add_details(halves(), {0, 2}, 1, looks, made), most > tiles);
    EXPECT_EQ(looks.taken, most);
    EXPECT_EQ(made.samples == picture.samples, most < tiles);
  }
}

TEST_F(TilesTest, AreLearnedFromWhereverThePictureIs) {
  std::set<std::size_t> seen;
  for (int step = 0; step < 200; ++step) {
    std::size_t first = 0;
    make().learn_part(7, step, 70, 150, [&](std::size_t to, std::size_t from) {
      EXPECT_LT(from, picture.plane_size());
      if (to == 0) first = from;
      seen.insert(from);
    });
    EXPECT_EQ(std::ranges::count(weights, 1.0F), 70 * 96);
    EXPECT_EQ(std::ranges::count(weights, 0.0F), 26 * 96);
    std::size_t again = 0;
    make().learn_part(7, step, 70, 150, [&](std::size_t to, std::size_t from) { again = to == 0 ? from : again; });
    EXPECT_EQ(again, first);
  }
  EXPECT_EQ(seen.size(), picture.plane_size());
}

TEST(TileSeconds, AreMeasured) {
  const auto slow = [] {
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(2)) {
    }
  };
  EXPECT_GE(Tiles::seconds(slow), 0.002);
}

}  // namespace
}  // namespace dipper
