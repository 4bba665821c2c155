// SPDX-License-Identifier: Apache-2.0
#include "view/kept_frames.hpp"

#include <gtest/gtest.h>

#include "view/pictures.hpp"

namespace dipper::view {
namespace {

using test::ramp;

TEST(KeptFramesOf, EachSampleTypeAreAsPreciseAsItsFile) {
  for (const SampleType sample : {SampleType::u8, SampleType::u16, SampleType::f32}) {
    Image picture = ramp(7, 5, 4, SampleType::u16);
    picture.sample = sample;
    picture.icc = {std::byte{1}};
    picture.samples[3] = 1.5F;
    KeptFrames frames;
    frames.add(10, picture);
    const auto kept = frames.frame(10);
    ASSERT_TRUE(kept);
    EXPECT_EQ(encode_image("a.tif", *kept), encode_image("a.tif", picture));
    EXPECT_EQ(kept->sample, sample);
    EXPECT_EQ(kept->icc, picture.icc);
  }
}

TEST(KeptFramesOf, ALongFitAreSomeAndTheLast) {
  KeptFrames frames(std::size_t{1} << 20, 5);
  EXPECT_EQ(frames.last(), 0);
  EXPECT_TRUE(frames.iterations().empty());
  EXPECT_FALSE(frames.frame(0));
  Image picture = ramp(4, 4);
  for (int i = 1; i <= 20; ++i) {
    picture.samples[0] = static_cast<float>(i) / 255;
    frames.add(i, picture);
    EXPECT_EQ(frames.last(), i);
  }
  EXPECT_EQ(frames.iterations(), (std::vector<int>{1, 5, 9, 13, 17, 20}));
  for (const int i : frames.iterations()) EXPECT_EQ(frames.frame(i)->samples[0], static_cast<float>(i) / 255) << i;
  EXPECT_FALSE(frames.frame(2));
}

TEST(KeptFramesOf, LargePicturesAreFewer) {
  const Image picture = ramp(10, 10);
  KeptFrames frames(3 * 300 * 4);
  for (int i = 1; i <= 100; ++i) frames.add(i, picture);
  EXPECT_LE(frames.iterations().size(), 13);
  EXPECT_GE(frames.iterations().size(), 6);
  KeptFrames tiny(1);
  for (int i = 1; i <= 100; ++i) tiny.add(i, picture);
  EXPECT_GE(tiny.iterations().size(), 2);
  EXPECT_LE(tiny.iterations().size(), 3);
}

}  // namespace
}  // namespace dipper::view
