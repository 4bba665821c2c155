// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "cli/program.hpp"
#include "dipper/dipper.hpp"
#include "image/crop.hpp"

namespace dipper {
namespace {

using test::lines;
using test::Outcome;
using Json = nlohmann::json;
using Names = std::vector<std::string>;

class DamageCommand : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png", 48, 40);
  }

  /// Runs `dipper damage in.png` with more arguments.
  [[nodiscard]] Outcome damage_it(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"damage", "in.png"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
};

TEST_F(DamageCommand, WritesWhatTheLibraryMakes) {
  const Outcome outcome =
      damage_it({"--noise", "9", "--scratch", "3", "--seed", "7", "-o", "out.png", "--mask", "mask.png"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(lines(outcome.err).size(), 1U);
  EXPECT_NE(outcome.err.find("% of the pixels are covered -> out.png"), std::string::npos) << outcome.err;
  const Damaged expected =
      damage(read_image(file("in.png")), {.options = {{"noise", "9"}, {"scratch", "3"}}, .seed = 7});
  EXPECT_EQ(read_image(file("out.png")).samples, expected.image.samples);
  EXPECT_EQ(read_image(file("mask.png")).samples, expected.mask->samples);
  EXPECT_EQ(names(), (Names{"in.png", "mask.png", "out.png"}));
}

TEST_F(DamageCommand, JsonIsOneObjectAndNothingElse) {
  const Outcome outcome = damage_it({"--downscale", "3", "--drop", "0.5", "-o", "out.png", "--json", "--threads", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_EQ(lines(outcome.out).size(), 1U);
  const Json result = Json::parse(outcome.out);
  EXPECT_EQ(result.at("width"), 16);
  EXPECT_EQ(result.at("height"), 13);
  EXPECT_NEAR(result.at("covered"), 0.5, 0.15);
  EXPECT_EQ(result.at("seed"), 0);
  EXPECT_EQ(result.at("output"), "out.png");
  EXPECT_TRUE(result.at("mask").is_null());
}

TEST_F(DamageCommand, TextMayBeLeftOut) {
  const auto written = [this](const std::vector<std::string>& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return read_file(file("out.png"));
  };
  const auto own = written({"damage", "in.png", "--text", "-o", "out.png"});
  EXPECT_EQ(written({"damage", "-o", "out.png", "in.png", "--text"}), own);
  EXPECT_EQ(written({"damage", "-o", "out.png", "--text", "--", "in.png"}), own);
  const auto mine = written({"damage", "in.png", "--text", "true", "-o", "out.png"});
  EXPECT_NE(mine, own);
  EXPECT_EQ(written({"damage", "in.png", "--text=true", "-o", "out.png"}), mine);
}

// The pixels that inpaint --drop drops itself are the same.
TEST_F(DamageCommand, ItsPicturesCanBeRestored) {
  ASSERT_EQ(damage_it({"--drop", "0.4", "--seed", "3", "-o", "damaged.png", "--mask", "mask.png"}).code, 0);
  const Outcome outcome = run({"inpaint", "damaged.png", "--mask", "mask.png", "--truth", "in.png", "--seed", "3",
                               "--iterations", "2", "-o", "out.png"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_EQ(run({"inpaint", "in.png", "--drop", "0.4", "--seed", "3", "--iterations", "2", "-o", "self.png"}).code, 0);
  EXPECT_EQ(read_image(file("out.png")).samples, read_image(file("self.png")).samples);
  EXPECT_EQ(read_image(file("damaged.png")).samples, read_image(file("self_damaged.png")).samples);
}

// 48x40 is cropped to 45x40, and upscale makes as much of it; its truth is the clean picture itself.
TEST_F(DamageCommand, ASmallPictureCanBeEnlargedAndHeldAgainstTheTruth) {
  const Outcome outcome = damage_it({"--downscale", "5", "-o", "small.png"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "damaged in.png, cropped at the right and below to 45x40, which 5 divides -> small.png\n");
  const Outcome restored = run({"upscale", "small.png", "--scale", "5", "--method", "lanczos", "--truth", "in.png",
                                "--strip", "strip.png", "-o", "out.png", "--json"});
  ASSERT_EQ(restored.code, 0) << restored.err;
  const Image out = read_image(file("out.png"));
  EXPECT_EQ(out.width, 45);
  EXPECT_EQ(out.height, 40);
  EXPECT_NEAR(Json::parse(restored.out).at("psnr"), psnr(out, upper_left(read_image(file("in.png")), 45, 40)), 1e-9);
  make_picture("large.png", 50, 40);  // a whole block too many is another picture
  const Outcome refused =
      run({"upscale", "small.png", "--scale", "5", "--method", "lanczos", "--truth", "large.png", "-o", "out.png"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("the truth is 50x40 of 3 channels but the restored picture is 45x40"), std::string::npos)
      << refused.err;
}

TEST_F(DamageCommand, NothingIsWrittenUnlessEverythingCanBe) {
  const auto refused = [this](const std::vector<std::string>& more, const std::string& why) {
    const Outcome outcome = damage_it(more);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(lines(outcome.err).size(), 1U);
    EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    EXPECT_EQ(names(), Names{"in.png"});
  };
  refused({"-o", "out.png"}, "say what to do to the picture with one or more of --blur");
  refused({"--noise", "9", "-o", "out.png", "--mask", "mask.png"}, "nothing covers pixels, so --mask");
  refused({"--drop", "0.5", "-o", "out.png", "--mask", "none/mask.png"}, "no folder none");
  refused({"--drop", "0.5", "-o", "out.png", "--mask", "mask.xyz"}, "mask.xyz");
  refused({"--drop", "1.5", "-o", "out.png"}, "--drop is \"1.5\"");
  refused({"--noise", "-o", "out.png"}, "--noise needs a value after it");
  refused({"--text", "", "-o", "out.png"}, "--text is empty");
  refused({"--hole", "99x9+0+0", "-o", "out.png"}, "which is 48x40");
  refused({"--noise", "9"}, "dipper damage needs --output");
}

}  // namespace
}  // namespace dipper
