// SPDX-License-Identifier: Apache-2.0
#include "pictures.hpp"

#include <gtest/gtest.h>
#include <lcms2.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/philox.hpp"
#include "dipper/error.hpp"
#include "image/io.hpp"

namespace dipper::test {
namespace {

Bytes saved(cmsHPROFILE profile) {
  cmsUInt32Number size = 0;
  EXPECT_TRUE(cmsSaveProfileToMem(profile, nullptr, &size));
  Bytes bytes(size);
  EXPECT_TRUE(cmsSaveProfileToMem(profile, bytes.data(), &size));
  cmsCloseProfile(profile);
  return bytes;
}

// NOLINTNEXTLINE(modernize-avoid-c-arrays): lcms2's signature
cmsInt32Number black_to_lightness(const cmsUInt16Number inks[], cmsUInt16Number lab[], void* /*unused*/) {
  // Profiles of version 2 write L* = 100 as 0xFF00 and a* = b* = 0 as 0x8000.
  lab[0] = static_cast<cmsUInt16Number>((0xFFFF - inks[3]) * 0xFF00LL / 0xFFFF);
  lab[1] = lab[2] = 0x8000;
  return TRUE;
}

void append(Bytes& bytes, std::uint32_t value, int size, bool little_endian) {
  for (int i = 0; i < size; ++i) {
    const int shift = 8 * (little_endian ? i : size - 1 - i);
    bytes.push_back(static_cast<std::byte>(value >> shift & 255U));
  }
}

}  // namespace

unsigned pattern_value(int x, int y, int channel, unsigned most) {
  const unsigned mixed = static_cast<unsigned>(x) * 2654435761U + static_cast<unsigned>(y) * 40503U * 65537U +
                         static_cast<unsigned>(channel) * 97U * 131071U + static_cast<unsigned>(x * y);
  return (mixed ^ mixed >> 15U) % (most + 1);
}

Image pattern(int width, int height, int channels, SampleType sample) {
  Image image(width, height, channels);
  image.sample = sample;
  const unsigned most = sample == SampleType::u8 ? 255 : 65535;
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        float value = static_cast<float>(pattern_value(x, y, c, most)) / static_cast<float>(most);
        if (sample == SampleType::f32) value = 2 * value - 0.5F;
        image.plane(c)[at(image, x, y)] = value;
      }
    }
  }
  return image;
}

Image ramp(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int level = 40 + (x * (c + 1) + y * 2) * 170 / (width * (channels + 1) + height * 2);
        image.plane(c)[at(image, x, y)] = static_cast<float>(level) / 255;
      }
    }
  }
  return image;
}

void expect_same_pixels(const Image& a, const Image& b) {
  ASSERT_EQ(a.width, b.width);
  ASSERT_EQ(a.height, b.height);
  ASSERT_EQ(a.channels, b.channels);
  EXPECT_EQ(a.sample, b.sample);
  ASSERT_EQ(a.samples.size(), b.samples.size());
  for (std::size_t i = 0; i < a.samples.size(); ++i) {
    if (std::isnan(a.samples[i]) && std::isnan(b.samples[i])) continue;
    ASSERT_EQ(a.samples[i], b.samples[i]) << "sample " << i;
  }
}

float largest_difference(const Image& a, const Image& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.samples.size(), b.samples.size());
  float largest = 0;
  for (std::size_t i = 0; i < std::min(a.samples.size(), b.samples.size()); ++i) {
    largest = std::max(largest, std::abs(a.samples[i] - b.samples[i]));
  }
  return largest;
}

Bytes gray_profile() {
  cmsToneCurve* curve = cmsBuildGamma(nullptr, 2.2);
  cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
  cmsFreeToneCurve(curve);
  return saved(profile);
}

Bytes rgb_profile() {
  return saved(cmsCreate_sRGBProfile());
}

Bytes cmyk_profile() {
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 2.1);
  cmsSetDeviceClass(profile, cmsSigOutputClass);
  cmsSetColorSpace(profile, cmsSigCmykData);
  cmsSetPCS(profile, cmsSigLabData);
  cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, 4, 3);
  cmsStage* table = cmsStageAllocCLut16bit(nullptr, 2, 4, 3, nullptr);
  EXPECT_TRUE(cmsStageSampleCLut16bit(table, black_to_lightness, nullptr, 0));
  cmsPipelineInsertStage(pipeline, cmsAT_BEGIN, table);
  EXPECT_TRUE(cmsWriteTag(profile, cmsSigAToB0Tag, pipeline));
  cmsPipelineFree(pipeline);
  return saved(profile);
}

Bytes exif(int orientation, bool little_endian) {
  constexpr std::uint32_t directory = 8;
  const std::uint32_t entries = orientation == 0 ? 1 : 2;
  Bytes bytes;
  append(bytes, little_endian ? 0x4949 : 0x4D4D, 2, little_endian);
  append(bytes, 42, 2, little_endian);
  append(bytes, directory, 4, little_endian);
  append(bytes, entries, 2, little_endian);
  append(bytes, 271, 2, little_endian);  // the maker: six characters after the directory
  append(bytes, 2, 2, little_endian);
  append(bytes, 6, 4, little_endian);
  append(bytes, directory + 2 + entries * 12 + 4, 4, little_endian);
  if (orientation != 0) {
    append(bytes, 274, 2, little_endian);
    append(bytes, 3, 2, little_endian);
    append(bytes, 1, 4, little_endian);
    append(bytes, static_cast<std::uint32_t>(orientation), 2, little_endian);
    append(bytes, 0, 2, little_endian);
  }
  append(bytes, 0, 4, little_endian);
  for (const char c : {'m', 'a', 'k', 'e', 'r', '\0'}) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

std::string decode_error(std::span<const std::byte> file, const ReadLimits& limits) {
  try {
    static_cast<void>(decode_image(file, limits));
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

void expect_error_when_cut(std::span<const std::byte> file) {
  const std::size_t step = std::max<std::size_t>(1, file.size() / 400);
  for (std::size_t size = 0; size < file.size(); size += size < 100 ? 1 : step) {
    // A copy of exactly that size, so that a sanitizer sees a read past its end.
    const Bytes start(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(decode_error(start), "") << size << " of " << file.size() << " bytes";
  }
  const Bytes most(file.begin(), file.end() - 1);
  EXPECT_NE(decode_error(most), "");
}

void expect_survives_damage(std::span<const std::byte> file) {
  Bytes damaged(file.begin(), file.end());
  const Philox random{7, Stream::drop};
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    std::copy(file.begin(), file.end(), damaged.begin());
    for (std::uint64_t i = 0; i < 1 + trial % 4; ++i) {
      const auto words = random.block(trial, i);
      const std::size_t reach = trial % 2 == 0 ? file.size() : std::min<std::size_t>(file.size(), 200);
      damaged[words[0] % reach] = static_cast<std::byte>(words[1] & 255U);
    }
    try {
      const Image image = decode_image(damaged);
      EXPECT_EQ(image.samples.size(), image.plane_size() * static_cast<std::size_t>(image.channels));
    } catch (const Error& error) {
      EXPECT_STRNE(error.what(), "");
    }
  }
}

}  // namespace dipper::test
