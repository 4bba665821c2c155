// SPDX-License-Identifier: Apache-2.0
#include "kernels/desc.hpp"

#include <gtest/gtest.h>

#include <set>

#include "cases.hpp"

namespace dipper {
namespace {

TEST(PaddedIndex, ReflectsWithoutRepeatingTheEdge) {
  const auto reflected = [](int from, int to, int n) {
    std::vector<int> all;
    for (int i = from; i < to; ++i) all.push_back(padded_index(i, n, Padding::reflect));
    return all;
  };
  EXPECT_EQ(reflected(-3, 7, 4), (std::vector<int>{3, 2, 1, 0, 1, 2, 3, 2, 1, 0}));
  EXPECT_EQ(reflected(-5, 4, 2), (std::vector<int>{1, 0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(reflected(-2, 3, 1), (std::vector<int>{0, 0, 0, 0, 0}));
  EXPECT_EQ(padded_index(-1, 4, Padding::zero), -1);
  EXPECT_EQ(padded_index(4, 4, Padding::zero), -1);
  EXPECT_EQ(padded_index(3, 4, Padding::zero), 3);
}

TEST(Desc, ShapesAreThoseOfPyTorch) {
  EXPECT_EQ((Conv2dDesc{.input = {3, 9, 8}, .out_channels = 5, .kernel = 5, .stride = 2, .padding = 2}.output()),
            (Shape{5, 5, 4}));
  EXPECT_EQ((ConvTranspose2dDesc{.input = {3, 5, 4}, .out_channels = 2, .kernel = 4, .padding = 1}.output()),
            (Shape{2, 10, 8}));
  EXPECT_EQ((PixelShuffleDesc{.input = {8, 3, 5}}.output()), (Shape{2, 6, 10}));
  EXPECT_EQ((ConcatDesc{{{2, 3, 5}, {1, 3, 5}}}.output()), (Shape{3, 3, 5}));
  EXPECT_EQ((UpsampleDesc{.input = {2, 3, 4}, .factor = 3}.output()), (Shape{2, 9, 12}));
}

TEST(Desc, FansAreThoseOfPyTorch) {
  const auto conv = Conv2dDesc{.input = {3, 9, 8}, .out_channels = 5, .kernel = 5}.parameters();
  EXPECT_EQ(conv[0].size, 3U * 5 * 25);
  EXPECT_EQ(conv[0].fan_in, 75);
  EXPECT_EQ(conv[1].size, 5U);
  EXPECT_EQ(conv[1].fan_in, 75);
  const auto transposed = ConvTranspose2dDesc{.input = {3, 5, 4}, .out_channels = 2, .kernel = 4}.parameters();
  EXPECT_EQ(transposed[0].fan_in, 2 * 16);
}

TEST(Desc, EveryCaseHasADescriptionOfItsOwn) {
  std::set<std::string> kinds;
  for (const LayerDesc& desc : layer_cases()) kinds.insert(describe(desc).substr(0, describe(desc).find(' ')));
  EXPECT_EQ(kinds.size(), std::variant_size_v<LayerDesc>);  // each layer has a row in cases.hpp
}

}  // namespace
}  // namespace dipper
