// SPDX-License-Identifier: Apache-2.0
#include "image/io.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "dipper/error.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

namespace fs = std::filesystem;

class Io : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "dipper-io-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] fs::path file(const char* name) const { return folder_ / name; }
  void put(const char* name, const std::string& text) const { std::ofstream(file(name)) << text; }

 private:
  fs::path folder_;
};

template <class F>
std::string error_of(const F& f) {
  try {
    f();
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

const std::vector<std::pair<int, int>> sizes{{1, 1}, {17, 3}, {451, 300}, {1, 40}};

TEST_F(Io, LosslessFormatsComeBackExactly) {
  for (const auto& [width, height] : sizes) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (const SampleType sample : {SampleType::u8, SampleType::u16, SampleType::f32}) {
        const Image image = test::pattern(width, height, channels, sample);
        for (const char* name : {"a.tif", "a.TIFF"}) {
          write_image(file(name), image);
          test::expect_same_pixels(read_image(file(name)), image);
        }
        if (sample == SampleType::f32) continue;
        write_image(file("a.png"), image);
        test::expect_same_pixels(read_image(file("a.png")), image);
        if (sample == SampleType::u16 || channels <= 2 || (channels == 4 && width == 1 && height == 1)) continue;
        write_image(file("a.webp"), image);
        test::expect_same_pixels(read_image(file("a.webp")), image);
      }
    }
  }
}

TEST_F(Io, EveryIntegerComesBack) {
  for (const SampleType sample : {SampleType::u8, SampleType::u16}) {
    Image image(256, sample == SampleType::u8 ? 1 : 256, 1);
    image.sample = sample;
    const auto most = static_cast<float>(image.samples.size() - 1);
    for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] = static_cast<float>(i) / most;
    for (const char* name : {"a.png", "a.tif"}) {
      write_image(file(name), image);
      test::expect_same_pixels(read_image(file(name)), image);
    }
  }
}

TEST_F(Io, TheProfileSurvives) {
  for (const char* name : {"a.png", "a.jpg", "a.webp", "a.tif"}) {
    for (const int channels : {1, 3}) {
      if (channels == 1 && std::string(name) == "a.webp") continue;  // it comes back as RGB
      Image image = test::pattern(20, 10, channels);
      image.icc = channels == 1 ? test::gray_profile() : test::rgb_profile();
      write_image(file(name), image);
      EXPECT_EQ(read_image(file(name)).icc, image.icc) << name << ", " << channels << " channels";
      image.icc = channels == 1 ? test::rgb_profile() : test::gray_profile();
      write_image(file(name), image);
      EXPECT_TRUE(read_image(file(name)).icc.empty()) << name << ": the profile does not fit the picture";
    }
  }
}

TEST_F(Io, ExifSurvivesAndItsOrientationIsAppliedOnce) {
  for (const char* name : {"a.png", "a.jpg", "a.webp"}) {
    for (const bool little : {true, false}) {
      for (int orientation = 0; orientation <= 8; ++orientation) {
        // Left half black, right half white, stored; by hand, where the black half lies upright.
        Image image(32, 16, 3);
        for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] = i % 32 < 16 ? 0.0F : 1.0F;
        image.exif = test::exif(orientation, little);
        write_image(file(name), image);
        const Image upright = read_image(file(name));
        EXPECT_EQ(upright.exif, test::exif(orientation == 0 ? 0 : 1, little)) << name;
        const bool turned = orientation >= 5;
        ASSERT_EQ(upright.width, turned ? 16 : 32);
        const bool black_first = orientation != 2 && orientation != 3 && orientation != 7 && orientation != 8;
        EXPECT_EQ(upright.samples.front() < 0.5F, black_first) << name << " " << orientation;
        EXPECT_EQ(upright.plane(0).back() < 0.5F, !black_first) << name << " " << orientation;
        const std::size_t right_end = static_cast<std::size_t>(upright.width) - 1;
        EXPECT_EQ(upright.samples[right_end] < 0.5F, turned ? black_first : !black_first) << name << " " << orientation;
        write_image(file(name), upright);
        EXPECT_EQ(read_image(file(name)).width, upright.width);
      }
    }
  }
}

TEST_F(Io, AMalformedExifIsNoError) {
  for (const char* name : {"a.png", "a.jpg", "a.webp"}) {
    Image image = test::pattern(20, 10, 3);
    image.exif = Bytes(20, std::byte{'I'});
    write_image(file(name), image);
    const Image back = read_image(file(name));
    EXPECT_EQ(back.width, 20);
    EXPECT_TRUE(back.exif.empty());
  }
}

TEST_F(Io, ATruncatedFileIsAnErrorWhereverItEnds) {
  for (const Codec& codec : codecs()) {
    for (const int channels : {1, 3}) {
      Image image = test::pattern(45, 30, channels);
      image.icc = channels == 1 ? test::gray_profile() : test::rgb_profile();
      if (codec.name != "TIFF") image.exif = test::exif(1);
      test::expect_error_when_cut(codec.encode(image));
    }
  }
}

TEST_F(Io, ADamagedFileNeverCrashes) {
  for (const Codec& codec : codecs()) {
    for (const int channels : {1, 3}) {
      Image image = test::pattern(45, 30, channels);
      image.icc = channels == 1 ? test::gray_profile() : test::rgb_profile();
      image.exif = test::exif(6);
      test::expect_survives_damage(codec.encode(image));
    }
  }
}

TEST_F(Io, ErrorsNameTheFile) {
  EXPECT_NE(error_of([&] { return read_image(file("none.png")); }).find("there is no file "), std::string::npos);
  put("text.png", "this is no picture, whatever its name says");
  EXPECT_EQ(error_of([&] { return read_image(file("text.png")); }),
            file("text.png").string() + " is not a picture that dipper reads (PNG, JPEG, WebP, TIFF)");
  put("empty.png", "");
  EXPECT_EQ(error_of([&] { return read_image(file("empty.png")); }), file("empty.png").string() + " is empty");
  write_image(file("a.png"), test::pattern(30, 30, 3));
  fs::resize_file(file("a.png"), 1000);
  EXPECT_EQ(error_of([&] { return read_image(file("a.png")); }), file("a.png").string() + " is truncated");
}

TEST_F(Io, GarbageBehindASignatureIsAnError) {
  const std::vector<std::string> signatures{"\x89PNG\r\n\x1a\n", "\xFF\xD8\xFF\xE0",
                                            std::string("RIFF\x40\0\0\0WEBPVP8 ", 16),
                                            std::string("II*\0\x08\0\0\0", 8), std::string("MM\0*\0\0\0\x08", 8)};
  for (const std::string& signature : signatures) {
    Bytes bytes;
    for (const char c : signature) bytes.push_back(static_cast<std::byte>(c));
    for (int i = 0; i < 400; ++i) bytes.push_back(static_cast<std::byte>(test::pattern_value(i, 3, 1, 255)));
    EXPECT_NE(test::decode_error(bytes), "");
  }
}

TEST_F(Io, TheContentCountsNotTheName) {
  const Image image = test::pattern(17, 3, 3);
  write_image(file("a.png"), image);
  fs::rename(file("a.png"), file("a.jpg"));
  test::expect_same_pixels(read_image(file("a.jpg")), image);
}

TEST_F(Io, TheExtensionNamesTheFormat) {
  EXPECT_EQ(codec_for("x.PNG").name, "PNG");
  EXPECT_EQ(codec_for("x.jpg").name, "JPEG");
  EXPECT_EQ(codec_for("x.JPEG").name, "JPEG");
  EXPECT_EQ(codec_for("x.webp").name, "WebP");
  EXPECT_EQ(codec_for("x.tif").name, "TIFF");
  EXPECT_EQ(codec_for("a.b/x.y.tiff").name, "TIFF");
  for (const char* name : {"x.bmp", "x", "", ".png", "png", "x.png/"}) {
    EXPECT_NE(error_of([&] { return codec_for(name); }).find(".png .jpg .jpeg .webp .tif .tiff"), std::string::npos)
        << name;
  }
}

TEST_F(Io, WhatCannotBeWrittenLeavesTheTargetAsItWas) {
  write_image(file("a.jpg"), test::pattern(8, 8, 3));
  const Bytes before = read_file(file("a.jpg"));
  const std::string error = error_of([&] { write_image(file("a.jpg"), test::pattern(8, 8, 4)); });
  EXPECT_EQ(error, "cannot write " + file("a.jpg").string() + ": JPEG holds no transparency; name a .png instead");
  EXPECT_EQ(read_file(file("a.jpg")), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(file("").parent_path()), fs::directory_iterator()), 1);
  EXPECT_THROW(write_image(file("none/a.png"), test::pattern(8, 8, 3)), Error);
  EXPECT_THROW(write_image(file("a.gif"), test::pattern(8, 8, 3)), Error);
}

TEST_F(Io, TheShapeIsCheckedWithoutWriting) {
  const auto error = [this](const char* name, const Image& like) {
    return error_of([&] { check_writable(file(name), like); });
  };
  EXPECT_EQ(error("a.jpg", Image(8, 8, 2)),
            "cannot write " + file("a.jpg").string() + ": JPEG holds no transparency; name a .png instead");
  EXPECT_NE(error("a.jpg", Image(65501, 1, 3)).find("at most 65500 pixels a side"), std::string::npos);
  EXPECT_NE(error("a.webp", Image(1, 16384, 3)).find("at most 16383 pixels a side"), std::string::npos);
  EXPECT_EQ(error("a.jpg", Image(65500, 1, 3)), "");
  EXPECT_EQ(error("a.webp", Image(16383, 1, 4)), "");
  EXPECT_EQ(error("a.png", Image(70000, 1, 4)), "");
  EXPECT_EQ(error("a.tif", Image(70000, 1, 2)), "");
  EXPECT_NE(error("none/a.png", Image(8, 8, 3)), "");
  EXPECT_NE(error("a.gif", Image(8, 8, 3)), "");
  EXPECT_TRUE(fs::is_empty(file("").parent_path()));
}

TEST_F(Io, AnInconsistentPictureIsRefused) {
  EXPECT_THROW(static_cast<void>(encode_image("a.png", Image())), Error);
  Image image = test::pattern(4, 4, 3);
  image.samples.pop_back();
  EXPECT_THROW(static_cast<void>(encode_image("a.png", image)), Error);
  image.channels = 7;
  EXPECT_THROW(static_cast<void>(encode_image("a.png", image)), Error);
}

TEST_F(Io, FilesAreTheSameEveryTime) {
  for (const char* name : {"a.png", "a.jpg", "a.webp", "a.tif"}) {
    const Image image = test::pattern(60, 40, 3);
    EXPECT_EQ(encode_image(name, image), encode_image(name, image));
  }
}

TEST_F(Io, ReadsThePicturesOfTheBenches) {
  const fs::path data = fs::path(DIPPER_SOURCE_DIR).parent_path() / "shared" / "data";
  if (!fs::exists(data)) GTEST_SKIP() << "there are no pictures in " << data;
  int read = 0;
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    if (entry.path().extension() != ".png" && entry.path().extension() != ".jpg") continue;
    const Image image = read_image(entry.path());
    EXPECT_GT(image.width, 1);
    ++read;
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace dipper
