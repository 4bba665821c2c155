// SPDX-License-Identifier: Apache-2.0
#include "view/album.hpp"

#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "dipper/error.hpp"
#include "view/pictures.hpp"

namespace dipper::view {
namespace {

using test::png_of;
using test::ramp;

TEST(Albums, ReadFilesAndKnowThemById) {
  Album album;
  const std::string file = png_of(ramp(5, 4, 4, SampleType::u16));
  const PictureHandle picture = album.read("C:\\photos\\../a.png", file);
  EXPECT_EQ(album.find(picture->id), picture);
  EXPECT_EQ(to_json(*picture).dump(), R"({"id":"p1","name":"a.png","width":5,"height":4,"alpha":true,"bits":16})");
  Sha256 hash;
  hash.add(file);
  EXPECT_EQ(picture->sha256, hash.finish());
  EXPECT_EQ(album.read("..", file)->name, "picture");
  EXPECT_THROW(static_cast<void>(album.find("p9")), Error);
  EXPECT_THROW(static_cast<void>(album.find("../a")), Error);
}

TEST(Albums, SayWhatIsNoPicture) {
  Album album;
  try {
    static_cast<void>(album.read("notes.txt", "nothing to see"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, 28), "notes.txt is not a picture t");
  }
}

TEST(Albums, RefuseWhatIsBeyondTheLimit) {
  Album album;
  const Bytes bytes = encode_png(Image(20, 10, 1));
  const std::string file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  album.take({.pixels = 199});
  EXPECT_THROW(album.read("a.png", file), Error);
  album.take({.pixels = 200});
  EXPECT_EQ(album.read("a.png", file)->image.width, 20);
}

TEST(Albums, ForgetWhatNobodyHolds) {
  const std::size_t one = sizeof(float) * 3 * 20;
  Album album(3 * one);
  const PictureHandle held = album.add("held", "", ramp(5, 4));
  const std::string loose = album.add("loose", "", ramp(5, 4))->id;
  const std::string third = album.add("third", "", ramp(5, 4))->id;
  EXPECT_NO_THROW(static_cast<void>(album.find(loose)));
  const std::string fourth = album.add("fourth", "", ramp(5, 4))->id;
  EXPECT_EQ(album.find(held->id), held);
  EXPECT_THROW(static_cast<void>(album.find(loose)), Error);
  EXPECT_NO_THROW(static_cast<void>(album.find(third)));
  EXPECT_NO_THROW(static_cast<void>(album.find(fourth)));
}

}  // namespace
}  // namespace dipper::view
