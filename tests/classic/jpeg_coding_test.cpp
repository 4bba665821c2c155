// SPDX-License-Identifier: Apache-2.0
#include "classic/jpeg_coding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/philox.hpp"
#include "classic/scenes.hpp"
#include "image/codec.hpp"

namespace dipper {
namespace {

// Waves and edges, away from black and white, whose coefficients fill many steps.
Image scene(int width, int height, int channels) {
  const auto value = [](int c, int i, int j) {
    const double wave = 0.15 * std::sin(0.02 * i * j / (c + 8) + 0.1 * i);
    return 0.5 + wave + (j / 11 % 2 == 0 ? 0.1 : -0.1) + 0.03 * c;
  };
  return test::noisy(test::drawn(width, height, channels, value), 0.02);
}

Image coded(const Image& picture, int quality, bool halve_chroma) {
  return decode_jpeg(encode_jpeg(picture, {.quality = quality, .halve_chroma = halve_chroma}));
}

double farthest(const Image& a, const Image& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.samples.size(); ++i) {
    most = std::max(most, double{std::abs(a.samples[i] - b.samples[i])});
  }
  return most;
}

TEST(JpegCoding, IsFoundInWhatWasDecoded) {
  for (const int channels : {1, 3}) {
    for (const bool halve : {false, true}) {
      const auto coding = find_jpeg_coding(coded(scene(128, 120, channels), 40, halve));
      ASSERT_TRUE(coding);
      // libjpeg's table: 5/4 of the standard's.
      EXPECT_EQ(coding->luma[0], 20);
      EXPECT_EQ(coding->luma[1], 14);
      EXPECT_EQ(coding->luma[8], 15);
      EXPECT_EQ(coding->luma[63], 124);
      EXPECT_EQ(coding->chroma[0], 21);
      EXPECT_EQ(coding->halved_chroma, halve && channels == 3);
      EXPECT_NEAR(coding->coarseness(), 16.6, 0.3);
    }
  }
}

Image cut(const Image& picture, int up, int left) {
  return test::drawn(picture.width - left, picture.height - up, picture.channels, [&](int c, int i, int j) {
    return picture.plane(c)[static_cast<std::size_t>(i + up) * picture.width + left + j];
  });
}

/// Of a part of the picture, whose first blocks are not whole. Blocks of halved colours are twice as large.
TEST(JpegCoding, IsFoundInAPartOfThePicture) {
  const Image gray = scene(141, 133, 1);
  const Image colours = test::drawn(gray.width, gray.height, 3, [&](int c, int i, int j) {
    return gray.plane(0)[static_cast<std::size_t>(i) * gray.width + j] + 0.1 * std::sin(0.07 * i + 0.1 * j + c);
  });
  for (const Image& whole : {gray, colours}) {
    const int side = whole.channels == 1 ? 8 : 16;
    const Image decoded = coded(whole, 30, true);
    for (const auto& [up, left] : {std::pair{3, 0}, {8, 7}, {13, 10}}) {
      const Image part = cut(decoded, up, left);
      const auto coding = find_jpeg_coding(part);
      ASSERT_TRUE(coding);
      EXPECT_EQ(coding->halved_chroma, whole.channels == 3);
      EXPECT_EQ(coding->up, up % side);
      EXPECT_EQ(coding->left, left % side);
      EXPECT_TRUE(coding->was_cut());
      EXPECT_EQ(coding->luma[1], find_jpeg_coding(decoded)->luma[1]);
      const Image truth = cut(whole, up, left);
      EXPECT_GT(psnr(code_again(truth, *coding, coding->up, coding->left), part),
                psnr(code_again(truth, *coding, coding->up + 1, coding->left), part) + 3);
      const Image flat(truth.width, truth.height, truth.channels, 0.5F);
      EXPECT_GT(psnr(near_coefficients(flat, part, *coding, 0.5), truth), psnr(flat, truth) + 3);
      EXPECT_GT(psnr(near_coefficients(truth, part, *coding, 0.5), truth), 38);
    }
  }
}

TEST(JpegCoding, IsNotFoundInAPictureThatWasNone) {
  EXPECT_FALSE(find_jpeg_coding(scene(128, 120, 3)));
  EXPECT_FALSE(find_jpeg_coding(Image(64, 64, 3, 0.5F)));
  EXPECT_FALSE(find_jpeg_coding(Image(3, 2, 1, 0.5F)));
}

/// Among so many coefficients some are near to the multiples of any step, by chance.
TEST(JpegCoding, IsNotFoundInNoise) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Philox random{seed, Stream::noise};
    const Image noise = test::drawn(
        64, 64, 1, [&](int, int i, int j) { return random.uniform(0, static_cast<std::size_t>(i) * 64 + j); });
    EXPECT_FALSE(find_jpeg_coding(noise)) << seed;
  }
}

/// A coarse coding leaves few coefficients of a small picture, and they are enough.
TEST(JpegCoding, IsFoundInSmallPictures) {
  for (const int quality : {10, 30, 75}) {
    const auto coding = find_jpeg_coding(coded(scene(40, 40, 3), quality, true));
    ASSERT_TRUE(coding) << quality;
    EXPECT_FALSE(coding->was_cut());
    const double scale = quality < 50 ? 50.0 / quality : 2 - 0.02 * quality;  // as libjpeg has it
    EXPECT_NEAR(coding->coarseness(), 13 * scale, 1.5 * scale) << quality;
  }
}

/// Of odd sizes too, whose last blocks are filled up.
TEST(JpegCoding, CodesAsLibjpegDoes) {
  for (const int channels : {1, 3}) {
    for (const bool halve : {false, true}) {
      const Image picture = scene(75, 61, channels);
      JpegCoding coding = *find_jpeg_coding(coded(scene(128, 120, channels), 30, halve));
      coding.halved_chroma = halve;
      const Image expected = coded(picture, 30, halve);
      EXPECT_GT(psnr(code_again(picture, coding, 0, 0), expected), psnr(picture, expected) + 8);
    }
  }
}

TEST(JpegCoding, OtherBlocksLoseOtherThings) {
  const Image picture = scene(64, 48, 3);
  const JpegCoding coding = *find_jpeg_coding(coded(scene(128, 120, 3), 30, true));
  const Image here = code_again(picture, coding, 0, 0);
  EXPECT_GT(farthest(here, code_again(picture, coding, 5, 0)), 0.02);
  EXPECT_GT(farthest(here, code_again(picture, coding, 0, 3)), 0.02);
  EXPECT_EQ(code_again(picture, coding, 15, 15).samples.size(), picture.samples.size());
}

TEST(JpegCoding, APictureIsTakenToWhatWasCoded) {
  for (const bool halve : {false, true}) {
    const Image truth = scene(72, 80, 3);
    const Image decoded = coded(truth, 20, halve);
    JpegCoding coding = *find_jpeg_coding(decoded);
    coding.halved_chroma = halve;
    const Image flat(72, 80, 3, 0.5F);
    EXPECT_LT(farthest(near_coefficients(flat, decoded, coding, 0), decoded), halve ? 0.15 : 0.01);
    EXPECT_GT(psnr(near_coefficients(flat, decoded, coding, 0.5), truth), psnr(flat, truth) + 3);
    // Half a step is as far as the truth may be.
    EXPECT_GT(psnr(near_coefficients(truth, decoded, coding, 0.5), truth), 38);
  }
}

}  // namespace
}  // namespace dipper
