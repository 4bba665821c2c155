// SPDX-License-Identifier: Apache-2.0
#include "fit/gaps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace dipper {
namespace {

constexpr int height = 60;
constexpr int width = 90;
const Philox random{3, Stream::hiding};

std::size_t at(int row, int column) {
  return static_cast<std::size_t>(row) * width + column;
}

/// A picture in which nothing is missing, until something is.
struct Picture {
  std::vector<float> weights = std::vector<float>(height * width, 1.0F);

  Picture& miss(int top, int left, int rows, int columns) {
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) weights[at(top + i, left + j)] = 0;
    }
    return *this;
  }
  [[nodiscard]] Gaps gaps() const { return {weights, height, width}; }
};

/// Of each piece that was laid, where it begins and ends, and of how many pixels it is.
struct Extent {
  int top = height, left = width, bottom = -1, right = -1, count = 0;
};
std::map<std::uint32_t, Extent> extents(const std::vector<std::uint32_t>& covered) {
  std::map<std::uint32_t, Extent> all;
  for (int i = 0; i < height; ++i) {
    for (int j = 0; j < width; ++j) {
      if (covered[at(i, j)] == 0) continue;
      Extent& e = all[covered[at(i, j)]];
      e = {std::min(e.top, i), std::min(e.left, j), std::max(e.bottom, i), std::max(e.right, j), e.count + 1};
    }
  }
  return all;
}

std::size_t covered_pixels(const std::vector<std::uint32_t>& covered) {
  return covered.size() - static_cast<std::size_t>(std::ranges::count(covered, 0U));
}

TEST(Gaps, WhereNothingIsMissingPiecesAreSinglePixels) {
  const Gaps gaps = Picture().gaps();
  EXPECT_TRUE(gaps.single());
  const std::vector<std::uint32_t> covered = gaps.lay(random, 0, 0.25);
  EXPECT_NEAR(static_cast<double>(covered_pixels(covered)), 0.25 * height * width, 120);
  EXPECT_EQ(extents(covered).size(), covered_pixels(covered));  // each is a piece of its own
}

TEST(Gaps, SoTheyAreWherePixelsAreMissingHereAndThere) {
  Picture picture;
  const Philox drops{1, Stream::drop};
  for (std::size_t i = 0; i < picture.weights.size(); ++i) picture.weights[i] = drops.uniform(0, i) < 0.5F ? 0 : 1;
  EXPECT_TRUE(picture.gaps().single());
}

TEST(Gaps, PiecesKeepTheirShapesAndSize) {
  const Gaps gaps = Picture().miss(5, 5, 3, 12).miss(30, 40, 8, 2).gaps();
  EXPECT_FALSE(gaps.single());
  int flat = 0;
  int tall = 0;
  for (int step = 0; step < 20; ++step) {
    for (const auto& [number, e] : extents(gaps.lay(random, step, 0.02, true))) {
      const bool is_flat = e.bottom - e.top == 2 && e.right - e.left == 11;
      const bool is_tall = e.bottom - e.top == 7 && e.right - e.left == 1;
      EXPECT_TRUE(is_flat || is_tall) << "step " << step << ", piece " << number;
      EXPECT_EQ(e.count, is_flat ? 36 : 16);
      ++(is_flat ? flat : tall);
    }
  }
  EXPECT_GT(flat, 20);
  EXPECT_GT(tall, 20);
}

TEST(Gaps, LongPiecesAreLaidInPartsOnceTheyAreCut) {
  Gaps gaps = Picture().miss(5, 5, 2, 80).miss(30, 40, 8, 2).gaps();
  gaps.cut(40, 16);
  int parts = 0;
  int short_ones = 0;
  for (int step = 0; step < 20; ++step) {
    for (const auto& [number, e] : extents(gaps.lay(random, step, 0.03, true))) {
      const bool is_part = e.bottom - e.top == 1 && e.right - e.left == 15;
      const bool is_short = e.bottom - e.top == 7 && e.right - e.left == 1;
      EXPECT_TRUE(is_part || is_short) << "step " << step << ", piece " << number;
      ++(is_part ? parts : short_ones);
    }
  }
  EXPECT_GT(parts, 2 * short_ones);  // five of them to one
}

TEST(Gaps, PixelsThatTouchAtACornerAreOnePiece) {
  Picture picture;
  for (int i = 0; i < 8; ++i) picture.miss(10 + i, 20 + 2 * i, 1, 2).miss(10 + i, 22 + 2 * i, 1, 1);
  for (const auto& [number, e] : extents(picture.gaps().lay(random, 0, 0.01, true))) {
    EXPECT_EQ(e.bottom - e.top, 7);
    EXPECT_EQ(e.right - e.left, 16);
  }
}

TEST(Gaps, HalfOfThePiecesAreMirrored) {
  // A triangle with its right angle below on the left.
  Picture picture;
  for (int i = 0; i < 8; ++i) picture.miss(20 + i, 30, 1, i + 1);
  int left = 0;
  int right = 0;
  for (int step = 0; step < 60; ++step) {
    const std::vector<std::uint32_t> covered = picture.gaps().lay(random, step, 0.005, true);
    for (const auto& [number, e] : extents(covered)) {
      EXPECT_EQ(e.count, 36);
      ++(covered[at(e.top, e.left)] == number ? left : right);
    }
  }
  EXPECT_GT(left, 20);
  EXPECT_GT(right, 20);
}

TEST(Gaps, CoverTheShareOfWhatIsKnown) {
  const Picture picture = Picture().miss(0, 0, 30, 90).miss(40, 40, 4, 4);
  const std::vector<std::uint32_t> covered = picture.gaps().lay(random, 0, 0.3);
  std::size_t of_known = 0;
  for (std::size_t i = 0; i < covered.size(); ++i) of_known += covered[i] != 0 && picture.weights[i] == 1 ? 1 : 0;
  const auto known = static_cast<double>(std::ranges::count(picture.weights, 1.0F));
  EXPECT_GE(static_cast<double>(of_known), 0.3 * known - 1);
}

TEST(Gaps, EveryPlaceIsCoveredInTurn) {
  const Gaps gaps = Picture().miss(20, 20, 4, 4).gaps();
  std::vector<std::uint32_t> ever(height * width);
  for (int step = 0; step < 400; ++step) {
    const std::vector<std::uint32_t> covered = gaps.lay(random, step, 0.1);
    for (std::size_t i = 0; i < ever.size(); ++i) ever[i] += covered[i] != 0 ? 1 : 0;
  }
  EXPECT_EQ(covered_pixels(ever), ever.size());
}

TEST(Gaps, LaidApartTheyAreClearOfWhatIsMissingAndOfEachOther) {
  const Picture picture = Picture().miss(10, 10, 5, 5).miss(40, 60, 5, 5);
  for (int step = 0; step < 50; ++step) {
    const std::vector<std::uint32_t> covered = picture.gaps().lay(random, step, 0.1, true);
    for (std::size_t i = 0; i < covered.size(); ++i) EXPECT_FALSE(covered[i] != 0 && picture.weights[i] == 0);
    for (const auto& [number, e] : extents(covered)) EXPECT_EQ(e.count, 25);
  }
}

TEST(Gaps, AStepDependsOnTheSeedAndItsNumberAlone) {
  const Gaps gaps = Picture().miss(10, 10, 5, 5).gaps();
  EXPECT_EQ(gaps.lay(random, 4, 0.1), gaps.lay(random, 4, 0.1));
  EXPECT_NE(gaps.lay(random, 4, 0.1), gaps.lay(random, 5, 0.1));
  EXPECT_NE(gaps.lay(random, 4, 0.1), gaps.lay({4, Stream::hiding}, 4, 0.1));
}

/// A line from edge to edge could be laid in one column alone, where it already is.
TEST(Gaps, APieceAsWideAsThePictureIsWrappedAround) {
  Picture picture;
  for (int j = 0; j < width; ++j) picture.miss(20 + j / 10, j, 1, 1);
  bool broken = false;
  for (int step = 0; step < 10; ++step) {
    const std::vector<std::uint32_t> covered = picture.gaps().lay(random, step, 0.01);
    EXPECT_GE(covered_pixels(covered), 54U);
    broken = broken || covered != picture.gaps().lay(random, 0, 0.01);
  }
  EXPECT_TRUE(broken);
}

TEST(Gaps, OnAPartOfThePictureTheyAreOfTheSameShapesUnlessTheyAreTooLarge) {
  Gaps gaps = Picture().miss(10, 10, 5, 3).miss(30, 10, 2, 40).gaps();
  gaps.lay_on(24, 20);
  std::set<std::size_t> sizes;
  for (int step = 0; step < 50; ++step) {
    const std::vector<std::uint32_t> covered = gaps.lay(random, step, 0.02);
    ASSERT_EQ(covered.size(), 24U * 20U);
    const std::size_t first = covered_pixels(covered);
    EXPECT_GE(first, 10U);
    sizes.insert(first);
  }
  EXPECT_TRUE(sizes.contains(15));  // the whole of the first
  EXPECT_TRUE(sizes.contains(20));  // 2 x 10 of the second
}

TEST(Gaps, OnePixelHasRoomForAPieceNowhereElse) {
  const Gaps gaps(std::vector<float>{0}, 1, 1);
  EXPECT_EQ(gaps.lay(random, 0, 0.9, true), std::vector<std::uint32_t>{0});
}

}  // namespace
}  // namespace dipper
