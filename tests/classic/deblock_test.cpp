// SPDX-License-Identifier: Apache-2.0
#include "classic/deblock.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "classic/scenes.hpp"
#include "image/codec.hpp"

namespace dipper {
namespace {

// Discs, whose edges ring, on a slope, which breaks into blocks.
Image scene(int width, int height, int channels) {
  return test::drawn(width, height, channels, [height](int c, int i, int j) {
    const bool disc = std::hypot(i % 40 - 20, j % 40 - 20) < 13;
    return disc ? 0.75 - 0.1 * c : 0.3 + 0.3 * i / height;
  });
}

TEST(Deblock, IsNearerToTheTruthThanTheJpeg) {
  for (const int channels : {1, 3}) {
    const Image truth = scene(120, 128, channels);
    const Image decoded = decode_jpeg(encode_jpeg(truth, {.quality = 15, .halve_chroma = true}));
    EXPECT_GT(psnr(deblock(decoded, *find_jpeg_coding(decoded)), truth), psnr(decoded, truth) + 0.7);  // 0.9 and 2.1
  }
}

TEST(Deblock, GivesTheSameBitsForAnyNumberOfThreads) {
  const Image decoded = decode_jpeg(encode_jpeg(scene(90, 100, 3), {.quality = 20, .halve_chroma = true}));
  const JpegCoding coding = *find_jpeg_coding(decoded);
  EXPECT_EQ(deblock(decoded, coding, 1).samples, deblock(decoded, coding, 3).samples);
}

}  // namespace
}  // namespace dipper
