// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.hpp"
#include "cli/program.hpp"

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

TEST_F(Restore, StdoutStaysEmptyAndStderrSumsUp) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_GE(err.size(), 3U);
  EXPECT_TRUE(err.front().starts_with("inpaint in.png 16x12 RGB: recipe quick, 2 iterations, about ")) << err.front();
  EXPECT_TRUE(err.back().starts_with("restored in.png in ")) << err.back();
  EXPECT_NE(err.back().find("(2 iterations), PSNR "), std::string::npos) << err.back();
  EXPECT_TRUE(err.back().ends_with(" -> out.png")) << err.back();
}

TEST_F(Restore, JsonIsOneObjectAndNothingElse) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "--seed",
                               "18446744073709551615", "-o", "out.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_EQ(lines(outcome.out).size(), 1U);
  const Json result = Json::parse(outcome.out);
  for (const char* key : {"psnr", "ssim", "raw_psnr", "seconds", "iterations_per_second"}) {
    EXPECT_TRUE(result.at(key).is_number()) << key;
  }
  EXPECT_EQ(result.at("iterations"), 2);
  EXPECT_GT(result.at("peak_bytes"), 1'000'000);
  EXPECT_EQ(result.at("seed"), 18446744073709551615U);
  EXPECT_EQ(result.at("recipe"), "quick");
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

TEST_F(Restore, QuietSaysNothing) {
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--quiet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(Restore, WithoutProgressOnlyTheSumRemains) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--progress", "none"});
  ASSERT_EQ(lines(outcome.err).size(), 1U) << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("restored in.png"));
}

TEST_F(Restore, ProgressForProgramsIsJsonOnEveryLine) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "3", "-o", "out.png", "--progress", "json"});
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_GE(err.size(), 4U) << outcome.err;
  const Json first = Json::parse(err.front());
  EXPECT_EQ(first.at("event"), "start");
  EXPECT_EQ(first.at("iterations"), 3);
  EXPECT_GT(first.at("planned_bytes"), 1'000'000);
  const Json last = Json::parse(err[err.size() - 2]);
  EXPECT_EQ(last.at("event"), "progress");
  EXPECT_EQ(last.at("iteration"), 3);
  EXPECT_TRUE(last.at("loss").is_number());
  EXPECT_TRUE(last.at("psnr").is_number());
  EXPECT_EQ(Json::parse(err.back()).at("event"), "done");
}

TEST_F(Restore, ALineForTerminalsIsRedrawn) {
  const Outcome outcome =
      run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--progress", "line"});
  const std::vector<std::string> err = lines(outcome.err);
  ASSERT_EQ(err.size(), 3U) << outcome.err;
  EXPECT_TRUE(err[1].starts_with("\r\x1b[K1/2  loss ")) << err[1];
  EXPECT_NE(err[1].find("\r\x1b[K2/2  loss "), std::string::npos) << err[1];
}

TEST_F(Restore, SeedsAndThreads) {
  const auto restored = [this](const char* seed, const char* threads) {
    const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--iterations", "2", "-o", "out.png", "--seed",
                                 seed, "--threads", threads});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return read_file(file("out.png"));
  };
  const std::vector<std::byte> one = restored("5", "1");
  EXPECT_EQ(restored("5", "1"), one);
  EXPECT_EQ(restored("5", "2"), one);
  EXPECT_NE(restored("6", "1"), one);
}

TEST_F(Restore, RecipesFromAFileAndSingleValues) {
  ASSERT_EQ(run({"recipes", "quick"}).code, 0);
  OutputFile recipe(file("mine.toml"));
  const std::string text = run({"recipes", "quick"}).out;
  recipe.write(std::as_bytes(std::span(text)));
  recipe.commit();
  const Outcome outcome = run({"inpaint", "in.png", "--drop", "0.5", "--recipe", "mine.toml", "--set", "iterations=1",
                               "--set", "every=1", "-o", "out.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out).at("iterations"), 1);
}

TEST_F(Restore, APictureMayHaveTheNameOfACommand) {
  std::filesystem::rename(file("in.png"), file("info"));
  const Outcome outcome = run({"inpaint", "info", "--drop", "0.5", "--iterations", "1", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

class Interrupt : public Restore, public testing::WithParamInterface<int> {};

TEST_P(Interrupt, WritesThePictureSoFar) {
  test::Program program(folder_, {"inpaint", "in.png", "--drop", "0.5", "--iterations", "1000000", "--animation",
                                  "a.gif", "-o", "out.png", "--json"});
  for (int wait = 0; wait < 6000 && program.err().find("loss") == std::string::npos; ++wait) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  program.signal(GetParam());
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("stopped in.png after "), std::string::npos) << outcome.err;
  EXPECT_LT(Json::parse(outcome.out).at("iterations"), 1000000);
  EXPECT_EQ(names(), (std::vector<std::string>{"a.gif", "in.png", "out.png", "out_damaged.png"}));
  EXPECT_EQ(read_image(file("out.png")).width, 16);
}

INSTANTIATE_TEST_SUITE_P(Cli, Interrupt, testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace dipper
