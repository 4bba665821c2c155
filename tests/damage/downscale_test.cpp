// SPDX-License-Identifier: Apache-2.0
#include "damage/downscale.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dipper {
namespace {

TEST(Downscale, RoundsSidesUp) {
  for (int factor = 2; factor <= 8; ++factor) {
    for (const int side : {1, factor - 1, factor, factor + 1, 5 * factor}) {
      const Image small = downscale(Image(side, 3, 1, 0.5F), factor);
      EXPECT_EQ(small.width, (side + factor - 1) / factor);
      EXPECT_EQ(small.height, (3 + factor - 1) / factor);
      for (const float sample : small.samples) EXPECT_NEAR(sample, 0.5, 1e-6);
    }
  }
}

TEST(Downscale, KeepsPlacesAndSlowWaves) {
  Image image(240, 1, 1);
  const auto wave = [](double x) { return 0.5 + 0.4 * std::sin(0.05 * x); };
  for (int x = 0; x < image.width; ++x) image.samples[static_cast<std::size_t>(x)] = static_cast<float>(wave(x + 0.5));
  for (const int factor : {2, 3, 4, 8}) {
    const Image small = downscale(image, factor);
    for (int x = 3; x < small.width - 3; ++x) {
      EXPECT_NEAR(small.samples[static_cast<std::size_t>(x)], wave((x + 0.5) * factor), 0.01) << factor;
    }
  }
}

TEST(Downscale, LeavesNothingOfWhatTheSmallPictureCannotHold) {
  Image stripes(64, 64, 1);
  for (std::size_t i = 0; i < stripes.samples.size(); ++i) stripes.samples[i] = static_cast<float>((i + i / 64) % 2);
  for (const int factor : {2, 3, 4}) {
    for (const float sample : downscale(stripes, factor).samples) EXPECT_NEAR(sample, 0.5, 0.02) << factor;
  }
}

TEST(Downscale, EdgesRing) {
  Image edge(64, 1, 1);
  for (std::size_t x = 32; x < 64; ++x) edge.samples[x] = 1;
  const Image small = downscale(edge, 4);
  EXPECT_LT(small.samples[6], -0.01F);  // the lobe below 0 that makes Lanczos' filter sharp
  EXPECT_GT(small.samples[9], 1.01F);
  EXPECT_NEAR(small.samples[7] + small.samples[8], 1, 1e-6);
}

TEST(Downscale, ColoursWeighByTheirAlphaAndTheRestIsKept) {
  Image image(8, 8, 2, 1.0F);
  for (std::size_t i = 0; i < 64; ++i) {
    if (i % 8 >= 4) image.plane(0)[i] = image.plane(1)[i] = 0;  // transparent black
  }
  image.sample = SampleType::u16;
  image.icc = {std::byte{1}};
  image.exif = {std::byte{2}};
  const Image small = downscale(image, 4);
  EXPECT_NEAR(small.plane(0)[0], 1, 1e-5);  // no black from beyond the edge
  EXPECT_EQ(small.sample, SampleType::u16);
  EXPECT_EQ(small.icc, image.icc);
  EXPECT_EQ(small.exif, image.exif);
  for (const float alpha : small.plane(1)) {
    EXPECT_GE(alpha, 0);
    EXPECT_LE(alpha, 1);
  }
}

}  // namespace
}  // namespace dipper
