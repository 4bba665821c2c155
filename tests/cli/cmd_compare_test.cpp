// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "dipper/image.hpp"

namespace dipper {
namespace {

using test::Outcome;
using Json = nlohmann::json;

class Compare : public test::ProgramTest {};

TEST_F(Compare, PrintsBothFigures) {
  Image image(20, 20, 3, 0.5F);
  write_image(file("a.tif"), image);
  for (float& sample : image.samples) sample += 0.1F;
  write_image(file("b.tif"), image);
  const Outcome outcome = run({"compare", "a.tif", "b.tif"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.out.starts_with("PSNR 1") || outcome.out.starts_with("PSNR 2")) << outcome.out;
  EXPECT_NE(outcome.out.find(" dB  SSIM 0."), std::string::npos) << outcome.out;
  const Json json = Json::parse(run({"compare", "a.tif", "b.tif", "--json"}).out);
  EXPECT_NEAR(json.at("psnr"), psnr(read_image(file("a.tif")), read_image(file("b.tif"))), 1e-9);
  EXPECT_EQ(json.at("identical"), false);
}

TEST_F(Compare, EqualPictures) {
  make_picture("a.png");
  EXPECT_EQ(run({"compare", "a.png", "a.png"}).out, "PSNR inf dB  SSIM 1.0000\n");
  const Json json = Json::parse(run({"compare", "a.png", "a.png", "--json"}).out);
  EXPECT_TRUE(json.at("psnr").is_null());
  EXPECT_EQ(json.at("identical"), true);
}

TEST_F(Compare, WritesTheDifference) {
  make_picture("a.png");
  EXPECT_EQ(run({"compare", "a.png", "a.png", "--difference", "d.png"}).code, 0);
  const Image same = read_image(file("d.png"));
  EXPECT_EQ(same.samples, Image(same.width, same.height, 3).samples);
}

TEST_F(Compare, LooksWhereItIsTold) {
  make_picture("a.png", 32, 32);
  Image image = read_image(file("a.png"));
  image.samples[0] = 1 - image.samples[0];  // the corner's red
  write_image(file("b.png"), image);
  Image mask(32, 32, 1, 1.0F);
  mask.samples[0] = 0;
  write_image(file("mask.png"), mask);
  EXPECT_NE(run({"compare", "a.png", "b.png"}).out, "PSNR inf dB  SSIM 1.0000\n");
  EXPECT_EQ(run({"compare", "a.png", "b.png", "--crop", "1"}).out, "PSNR inf dB  SSIM 1.0000\n");
  EXPECT_TRUE(run({"compare", "a.png", "b.png", "--mask", "mask.png"}).out.starts_with("PSNR inf dB"));
  EXPECT_NE(run({"compare", "a.png", "b.png", "--luma"}).out, run({"compare", "a.png", "b.png"}).out);
}

}  // namespace
}  // namespace dipper
