// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "dipper/error.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

// The pair of pictures that the reference values below were computed for.
Image first(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int value = (x * 7 + y * 13 + c * 29 + x * y) % 256;
        image.plane(c)[test::at(image, x, y)] = static_cast<float>(value) / 255;
      }
    }
  }
  return image;
}

Image second(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int value = (x * 7 + y * 13 + c * 29 + x * y) % 256 + (x * 31 + y * 17 + c * 5) % 23;
        image.plane(c)[test::at(image, x, y)] = static_cast<float>(std::min(255, value)) / 255;
      }
    }
  }
  return image;
}

// SSIM of one window, straight from the definition: no separable sums, variances about the mean.
double window_ssim(const Image& a, const Image& b, int channel, int left, int top, int size) {
  double weight_sum = 0;
  double mean_a = 0;
  double mean_b = 0;
  const auto each = [&](auto&& use) {
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        const int dx = x - size / 2;
        const int dy = y - size / 2;
        const std::size_t i = test::at(a, left + x, top + y);
        use(std::exp(-(dx * dx + dy * dy) / (2 * 1.5 * 1.5)), a.plane(channel)[i], b.plane(channel)[i]);
      }
    }
  };
  each([&](double w, double va, double vb) {
    weight_sum += w;
    mean_a += w * va;
    mean_b += w * vb;
  });
  mean_a /= weight_sum;
  mean_b /= weight_sum;
  double aa = 0;
  double bb = 0;
  double ab = 0;
  each([&](double w, double va, double vb) {
    aa += w / weight_sum * (va - mean_a) * (va - mean_a);
    bb += w / weight_sum * (vb - mean_b) * (vb - mean_b);
    ab += w / weight_sum * (va - mean_a) * (vb - mean_b);
  });
  return (2 * mean_a * mean_b + 1e-4) * (2 * ab + 9e-4) /
         ((mean_a * mean_a + mean_b * mean_b + 1e-4) * (aa + bb + 9e-4));
}

double brute_ssim(const Image& a, const Image& b, int size, const Image* mask = nullptr) {
  double sum = 0;
  double count = 0;
  for (int c = 0; c < a.colour_channels(); ++c) {
    for (int y = 0; y + size <= a.height; ++y) {
      for (int x = 0; x + size <= a.width; ++x) {
        if (mask != nullptr && mask->samples[test::at(a, x + size / 2, y + size / 2)] < .5F) {
          continue;
        }
        sum += window_ssim(a, b, c, x, y, size);
        count += 1;
      }
    }
  }
  return sum / count;
}

TEST(Metrics, MatchScikitImage) {
  // scikit-image 0.26.0 on the same pictures as float32 turned to float64: structural_similarity(a, b, channel_axis=0,
  // gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1), peak_signal_noise_ratio(a, b).
  EXPECT_NEAR(ssim(first(64, 48, 3), second(64, 48, 3)), 0.9922519024650224, 1e-10);
  EXPECT_NEAR(psnr(first(64, 48, 3), second(64, 48, 3)), 26.152269155845236, 1e-10);
  EXPECT_NEAR(ssim(first(33, 21, 1), second(33, 21, 1)), 0.9904437913253548, 1e-10);
  EXPECT_NEAR(psnr(first(33, 21, 1), second(33, 21, 1)), 26.14855824163059, 1e-10);
}

TEST(Metrics, SsimIsTheDefinition) {
  for (const auto& [width, height, size] :
       std::vector<std::array<int, 3>>{{23, 17, 11}, {11, 11, 11}, {40, 10, 9}, {7, 30, 7}, {2, 2, 1}, {1, 1, 1}}) {
    const Image a = test::pattern(width, height, 3);
    const Image b = first(width, height, 3);
    EXPECT_NEAR(ssim(a, b), brute_ssim(a, b, size), 1e-10) << width << " x " << height;
  }
}

TEST(Metrics, PsnrOfAKnownError) {
  const Image a(4, 3, 3, 0.5F);
  const Image b(4, 3, 3, 0.75F);
  EXPECT_DOUBLE_EQ(psnr(a, b), 20 * std::log10(4));
  EXPECT_EQ(psnr(a, a), std::numeric_limits<double>::infinity());
  EXPECT_DOUBLE_EQ(ssim(a, a), 1);
}

TEST(Metrics, AlphaIsNotCompared) {
  Image a = first(20, 20, 4);
  Image b = second(20, 20, 4);
  const double before = psnr(a, b);
  const double ssim_before = ssim(a, b);
  std::ranges::fill(b.plane(3), 0.0F);
  EXPECT_EQ(psnr(a, b), before);
  EXPECT_EQ(ssim(a, b), ssim_before);
  EXPECT_EQ(psnr(first(20, 20, 3), b), before);
}

TEST(Metrics, Crop) {
  const Image a = first(30, 25, 3);
  Image b = a;
  b.samples[0] = 0.9F;  // a corner
  EXPECT_LT(psnr(a, b), 100);
  EXPECT_EQ(psnr(a, b, {.crop = 1}), std::numeric_limits<double>::infinity());
  EXPECT_LT(ssim(a, b), 1);
  EXPECT_DOUBLE_EQ(ssim(a, b, {.crop = 1}), 1);
  EXPECT_NO_THROW(static_cast<void>(psnr(a, b, {.crop = 12})));
  EXPECT_THROW(static_cast<void>(psnr(a, b, {.crop = 13})), Error);
  EXPECT_THROW(static_cast<void>(psnr(a, b, {.crop = -1})), Error);
}

TEST(Metrics, Mask) {
  const Image a = first(30, 25, 3);
  const Image b = second(30, 25, 3);
  Image mask(30, 25, 1);
  for (int y = 5; y < 15; ++y) {
    for (int x = 0; x < 20; ++x) mask.plane(0)[test::at(mask, x, y)] = 0.5F;
  }
  double sum = 0;
  for (int c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < a.plane_size(); ++i) {
      const double d = static_cast<double>(a.plane(c)[i]) - static_cast<double>(b.plane(c)[i]);
      if (mask.samples[i] == 0.5F) sum += d * d;
    }
  }
  EXPECT_NEAR(psnr(a, b, {.mask = &mask}), -10 * std::log10(sum / (3 * 10 * 20)), 1e-10);
  EXPECT_NEAR(ssim(a, b, {.mask = &mask}), brute_ssim(a, b, 11, &mask), 1e-10);

  Image edge(30, 25, 1);
  edge.samples[0] = 1;
  EXPECT_NO_THROW(static_cast<void>(psnr(a, b, {.mask = &edge})));
  EXPECT_THROW(static_cast<void>(ssim(a, b, {.mask = &edge})), Error);
  EXPECT_THROW(static_cast<void>(psnr(a, b, {.crop = 1, .mask = &edge})), Error);
  const Image other(29, 25, 1, 1.0F);
  EXPECT_THROW(static_cast<void>(psnr(a, b, {.mask = &other})), Error);
}

TEST(Metrics, Luma) {
  Image a(2, 1, 3);
  Image b(2, 1, 3);
  b.plane(0)[0] = 1;  // red: 65.481 of 255; the other pixel is equal
  EXPECT_NEAR(psnr(a, b, {.luma = true}), -10 * std::log10(std::pow(65.481 / 255, 2) / 2), 1e-9);
  b = Image(2, 1, 3, 1.0F);
  EXPECT_NEAR(psnr(a, b, {.luma = true}), 20 * std::log10(255.0 / 219), 1e-9);
  const Image gray_a = first(20, 20, 1);
  const Image gray_b = second(20, 20, 1);
  EXPECT_EQ(psnr(gray_a, gray_b, {.luma = true}), psnr(gray_a, gray_b));
  EXPECT_EQ(ssim(gray_a, gray_b, {.luma = true}), ssim(gray_a, gray_b));
}

TEST(Metrics, DifferenceIsTheDistanceTimesTheGain) {
  Image a(2, 1, 2, 0.5F);
  Image b(2, 1, 1, 0.5F);
  b.samples[1] = 0.375F;
  const Image d = difference(a, b);
  EXPECT_EQ(d.channels, 1);
  EXPECT_EQ(d.samples, (std::vector<float>{0, 0.5F}));
  EXPECT_EQ(difference(a, b, 100).samples, (std::vector<float>{0, 1}));
  EXPECT_THROW((void)difference(a, Image(1, 2, 1)), Error);
}

TEST(Metrics, PicturesMustMatch) {
  const Image a = first(20, 20, 3);
  EXPECT_THROW(static_cast<void>(psnr(a, first(20, 21, 3))), Error);
  EXPECT_THROW(static_cast<void>(ssim(a, first(21, 20, 3))), Error);
  EXPECT_THROW(static_cast<void>(psnr(a, first(20, 20, 1))), Error);
  EXPECT_THROW(static_cast<void>(psnr(Image(), Image())), Error);
}

TEST(Metrics, NumbersMustBeFinite) {
  const Image a = first(20, 20, 3);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Image b = a;
    b.plane(1)[test::at(b, 0, 3)] = bad;
    for (const bool luma : {false, true}) {
      EXPECT_THROW(static_cast<void>(psnr(a, b, {.luma = luma})), Error);
      EXPECT_THROW(static_cast<void>(ssim(b, a, {.luma = luma})), Error);
      EXPECT_THROW(static_cast<void>(psnr(b, b, {.luma = luma})), Error);
      EXPECT_THROW(static_cast<void>(ssim(b, b, {.luma = luma})), Error);
    }
    EXPECT_TRUE(std::isinf(psnr(a, b, {.crop = 1})));
    EXPECT_NEAR(ssim(a, b, {.crop = 1}), 1, 1e-12);
  }
}

}  // namespace
}  // namespace dipper
