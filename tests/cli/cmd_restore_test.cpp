// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper {
namespace {

using test::lines;
using test::Outcome;
using Json = nlohmann::json;

class Restore : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }
};

TEST_F(Restore, JsonIsOneObjectAndNothingElse) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "--seed",
                               "18446744073709551615", "--device", "cpu", "-o", "out.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_EQ(lines(outcome.out).size(), 1U);
  const Json result = Json::parse(outcome.out);
  for (const char* key : {"psnr", "ssim", "raw_psnr", "seconds", "iterations_per_second"}) {
    EXPECT_TRUE(result.at(key).is_number()) << key;
  }
  EXPECT_EQ(result.at("iterations"), 2);
  EXPECT_GT(result.at("peak_bytes"), 1'000'000);
  EXPECT_EQ(result.at("seed"), 18446744073709551615U);
  EXPECT_EQ(result.at("recipe"), "inpaint-balanced");
  EXPECT_EQ(result.at("device"), "cpu");
  EXPECT_EQ(result.at("version"), Json::parse(run({"info", "--json"}).out).at("version"));
  EXPECT_EQ(result.at("output"), "out.png");
  // The figures are those of the file.
  const Json compared = Json::parse(run({"compare", "in.png", "out.png", "--json"}).out);
  EXPECT_NEAR(result.at("psnr"), compared.at("psnr"), 1e-9);
  EXPECT_NEAR(result.at("ssim"), compared.at("ssim"), 1e-9);
}

TEST_F(Restore, JsonOfRawDescribesTheRawFile) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--raw", "--json"});
  const Json result = Json::parse(outcome.out);
  EXPECT_EQ(result.at("psnr"), result.at("raw_psnr"));
  const Json compared = Json::parse(run({"compare", "in.png", "out.png", "--json"}).out);
  EXPECT_NEAR(result.at("psnr"), compared.at("psnr"), 1e-9);
  EXPECT_NEAR(result.at("ssim"), compared.at("ssim"), 1e-9);
}

TEST_F(Restore, WhyThereWasNoIterationIsSaidOnThePageToo) {
  make_picture("large.png", 128, 128);
  const Outcome outcome = run({"dejpeg", "large.png", "--time", "0.1", "-o", "out.png", "--report", "page.html"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::size_t at = outcome.err.find("\nthere was no iteration: 300 iterations, without which");
  ASSERT_NE(at, std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("made anew"), std::string::npos) << outcome.err;
  std::ifstream page(file("page.html"));
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  EXPECT_NE(text.find("300 iterations, without which"), std::string::npos);
}

TEST_F(Restore, WithoutATruthTheFiguresAreNull) {
  make_mask("mask.png", 0.5F);
  const Outcome outcome =
      run({"inpaint", "in.png", "--mask", "mask.png", "--iterations", "2", "-o", "out.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json result = Json::parse(outcome.out);
  for (const char* key : {"psnr", "ssim", "raw_psnr"}) EXPECT_TRUE(result.at(key).is_null()) << key;
  EXPECT_EQ(outcome.err.find("PSNR"), std::string::npos);
}

TEST_F(Restore, ATruthIsMeasuredAgainst) {
  make_mask("mask.png", 0.5F);
  const Outcome outcome = run(
      {"inpaint", "in.png", "--mask", "mask.png", "--truth", "in.png", "--iterations", "2", "-o", "out.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(Json::parse(outcome.out).at("psnr").is_number());
}

TEST_F(Restore, TooLittleMemoryIsSaidInOneSentence) {
  if (run_in_shell("ulimit -v 1000000; exec \"$0\" info").code != 0) {
    GTEST_SKIP() << "the program does not even start with so little, as when a sanitizer is built in";
  }
  make_picture("large.png", 3000, 3000, 1);
  const Outcome outcome = run_in_shell(
      "ulimit -v 1000000; exec \"$0\" inpaint large.png --drop 0.5 --threads 1 --progress none -o out.png");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "dipper: there is not enough memory for this picture; use a smaller one\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.png"));
}

// A canvas of 128x128 leaves one pixel at the deepest of seven levels, whose gradients are 0: without epsilon Adam
// divides 0 by 0.
TEST_F(Restore, AFitThatDivergesExitsWithThree) {
  make_picture("in.png", 128, 128);
  std::vector<std::string> words = {"inpaint", "in.png",         "--drop", "0.5",
                                    "--set",   "adam.epsilon=0", "--set",  "skip.down=8,8,8,8,8,8,8",
                                    "-o",      "out.png"};
  Outcome outcome = run(words);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(outcome.err.ends_with("or another --seed; the best picture so far is out.png\n")) << outcome.err;
  EXPECT_EQ(read_image(folder_ / "out.png").width, 128);
  std::filesystem::remove(folder_ / "out.png");
  words.insert(words.end(), {"--set", "hold_out.share=0"});
  outcome = run(words);  // of which nobody knows what it is worth
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.err.find("dipper: the fit diverged in iteration 8"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.png"));
}

}  // namespace
}  // namespace dipper
