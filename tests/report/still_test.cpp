// SPDX-License-Identifier: Apache-2.0
#include "report/still.hpp"

#include <gtest/gtest.h>
#include <webp/decode.h>

#include <cmath>
#include <memory>

namespace dipper {
namespace {

struct Decoded {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb{};
};

Decoded decoded(const std::vector<std::byte>& webp) {
  Decoded picture;
  std::uint8_t* const data =
      WebPDecodeRGB(reinterpret_cast<const std::uint8_t*>(webp.data()), webp.size(), &picture.width, &picture.height);
  if (data == nullptr) return picture;
  picture.rgb.assign(data, data + 3 * static_cast<std::ptrdiff_t>(picture.width) * picture.height);
  WebPFree(data);
  return picture;
}

Image waves(int width, int height) {
  Image image(width, height, 3);
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    image.samples[i] = std::round(255 * (0.5F + 0.4F * std::sin(0.01F * static_cast<float>(i)))) / 255;
  }
  return image;
}

TEST(Still, WithoutLossHoldsEveryPixel) {
  const Image image = waves(40, 30);
  const Decoded picture = decoded(still(image, 1000, 101));
  ASSERT_EQ(picture.width, 40);
  ASSERT_EQ(picture.height, 30);
  for (std::size_t i = 0; i < image.plane_size(); ++i) {
    for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.rgb[3 * i + c], std::lround(255 * image.plane(c)[i]));
  }
}

TEST(Still, TheLongerSideBecomesWhatWasAskedFor) {
  const Decoded wide = decoded(still(waves(400, 100), 50, 75));
  EXPECT_EQ(wide.width, 50);
  EXPECT_EQ(wide.height, 12);
  const Decoded thin = decoded(still(waves(1, 500), 50, 75));
  EXPECT_EQ(thin.width, 1);
  EXPECT_EQ(thin.height, 50);
}

TEST(Still, OfLessQualityIsSmaller) {
  const Image image = waves(200, 100);
  EXPECT_LT(still(image, 200, 50).size(), still(image, 200, 90).size());
}

}  // namespace
}  // namespace dipper
