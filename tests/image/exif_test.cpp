// SPDX-License-Identifier: Apache-2.0
#include "image/exif.hpp"

#include <gtest/gtest.h>

#include "pictures.hpp"

namespace dipper {
namespace {

TEST(Exif, ReadsTheOrientationInBothByteOrders) {
  for (const bool little : {true, false}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      Bytes block = test::exif(orientation, little);
      EXPECT_EQ(exif_orientation(block), orientation);
      reset_exif_orientation(block);
      EXPECT_EQ(block, test::exif(1, little));
    }
  }
}

TEST(Exif, NoOrientationIsUpright) {
  Bytes block = test::exif(0);
  EXPECT_EQ(exif_orientation(block), 1);
  reset_exif_orientation(block);
  EXPECT_EQ(block, test::exif(0));
  EXPECT_EQ(exif_orientation(test::exif(9)), 1);
  EXPECT_EQ(exif_orientation(test::exif(65535)), 1);
}

TEST(Exif, TheMarkerOfJpegIsTakenOff) {
  Bytes marked;
  for (const char c : {'E', 'x', 'i', 'f', '\0', '\0'}) marked.push_back(static_cast<std::byte>(c));
  const Bytes block = test::exif(6);
  marked.insert(marked.end(), block.begin(), block.end());
  EXPECT_EQ(exif_block(marked), block);
  EXPECT_EQ(exif_block(block), block);
  EXPECT_TRUE(exif_block({}).empty());
}

TEST(Exif, AMalformedBlockIsDropped) {
  const Bytes block = test::exif(6);
  // The directory ends at byte 34; what lies behind it is only the maker's name.
  for (std::size_t size = 0; size < 34; ++size) {
    Image image = test::pattern(3, 2, 3);
    image.exif.assign(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(exif_orientation(image.exif), 0) << size;
    reset_exif_orientation(image.exif);
    const Image same = upright(image);
    test::expect_same_pixels(same, test::pattern(3, 2, 3));
    EXPECT_TRUE(same.exif.empty());
  }
  for (const std::size_t at : {std::size_t{0}, std::size_t{2}, std::size_t{7}, std::size_t{9}}) {
    Bytes changed = block;
    changed[at] = std::byte{0xFF};  // byte order, 42, the directory's place, its entries
    EXPECT_EQ(exif_orientation(changed), 0) << at;
  }
}

TEST(Exif, UprightTurnsOnce) {
  Image image = test::pattern(3, 2, 3);
  image.exif = test::exif(6);
  image.icc = test::rgb_profile();
  const Image turned = upright(image);
  EXPECT_EQ(turned.width, 2);
  EXPECT_EQ(turned.height, 3);
  EXPECT_EQ(turned.exif, test::exif(1));
  EXPECT_EQ(turned.icc, image.icc);
  test::expect_same_pixels(upright(turned), turned);
}

}  // namespace
}  // namespace dipper
