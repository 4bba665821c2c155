// SPDX-License-Identifier: Apache-2.0
#include "fit/showing.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "classic/pyramid_fill.hpp"

namespace dipper {
namespace {

constexpr Shape canvas{2, 9, 11};
constexpr std::size_t plane = 99;

/// A picture whose every third pixel is unknown, and every fifth counts little.
struct Showings : testing::Test {
  std::vector<float> picture = std::vector<float>(2 * plane);
  std::vector<float> known = std::vector<float>(plane, 1.0F);
  std::vector<std::uint8_t> shown = std::vector<std::uint8_t>(plane);
  std::vector<float> z = std::vector<float>(5 * plane);
  std::vector<float> y = std::vector<float>(2 * plane);
  std::vector<float> weights = std::vector<float>(plane);
  std::vector<float> base = std::vector<float>(2 * plane);
  std::vector<float> told = std::vector<float>(plane);
  std::vector<float> shares = std::vector<float>(plane);
  ShowingDesc desc{canvas,   0.3F,           picture.data(), known.data(), z.data(),
                   y.data(), weights.data(), base.data(),    told.data(),  shares.data()};

  void SetUp() override {
    for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i % 17) / 16;
    for (std::size_t i = 0; i < plane; i += 5) known[i] = 0.25F;
    for (std::size_t i = 0; i < plane; i += 3) known[i] = 0;
    for (std::size_t i = 0; i < plane; ++i) shown[i] = known[i] > 0 && i % 4 != 0 ? 1 : 0;
  }
};

TEST_F(Showings, TheNetworkSeesWhatIsShownBesideItsFilling) {
  make_host_showing(desc)->show(shown);
  std::vector<float> filling(picture.size());
  PyramidFill(2, 9, 11).fill(picture, std::vector<float>(shown.begin(), shown.end()), filling);
  for (std::size_t i = 0; i < plane; ++i) {
    EXPECT_EQ(z[2 * plane + i], shown[i] != 0 ? 0.5F : -0.5F);
    EXPECT_EQ(weights[i], shown[i] != 0 ? 0 : known[i]);
    for (const std::size_t at : {i, plane + i}) {
      EXPECT_EQ(z[at], shown[i] != 0 ? 4 * (picture[at] - filling[at]) : 0);
      EXPECT_EQ(z[3 * plane + at], filling[at] - 0.5F);
      EXPECT_EQ(base[at], filling[at] - 0.5F);
      EXPECT_EQ(y[at], picture[at] - base[at]);
    }
  }
}

// Told once: its share is 1 / (4 + 1), and later no more than that of the description.
TEST_F(Showings, APixelThatWasToldKeepsItsAverageWhereItIsShown) {
  const auto showing = make_host_showing(desc);
  showing->show(shown);
  for (std::size_t i = 0; i < plane; ++i) EXPECT_EQ(shares[i], 0);
  for (std::size_t i = 0; i < plane; ++i) EXPECT_EQ(told[i], shown[i] != 0 ? 0 : 1);
  shown[4] = 1;  // was hidden
  showing->show(shown);
  for (std::size_t i = 0; i < plane; ++i) EXPECT_EQ(shares[i], i == 4 ? 1 : shown[i] != 0 ? 0 : 0.2F) << i;
  showing->show(shown);
  EXPECT_EQ(shares[0], 0.3F);
  EXPECT_EQ(told[0], 3);
}

TEST_F(Showings, SharesAreMadeOnlyWhereSomebodyAsks) {
  desc.shares = nullptr;
  make_host_showing(desc)->show(shown);
  EXPECT_EQ(told[0], 1);
}

}  // namespace
}  // namespace dipper
