// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "cli/program.hpp"

namespace dipper {
namespace {

using test::Outcome;
using Json = nlohmann::json;

class RestoreOptions : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_picture("in.png");
  }
};

TEST_F(RestoreOptions, SeedsAndThreads) {
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

TEST_F(RestoreOptions, RecipesFromAFileAndSingleValues) {
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

TEST_F(RestoreOptions, APictureMayHaveTheNameOfACommand) {
  std::filesystem::rename(file("in.png"), file("info"));
  const Outcome outcome = run({"inpaint", "info", "--drop", "0.5", "--iterations", "1", "-o", "out.png"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

// Another word than its values is none of them.
TEST_F(RestoreOptions, APreviewDoesNotSwallowThePicture) {
  const auto error = [this](const std::vector<std::string>& words) { return run(words).err; };
  const std::string no_terminal = "dipper: --preview draws in a terminal, but stderr is none";
  EXPECT_TRUE(error({"denoise", "--preview", "in.png", "-o", "out.png"}).starts_with(no_terminal));
  EXPECT_TRUE(error({"denoise", "--preview", "sixel", "in.png", "-o", "out.png"}).starts_with(no_terminal));
  EXPECT_TRUE(error({"denoise", "in.png", "-o", "out.png", "--preview=blocks"}).starts_with(no_terminal));
  EXPECT_TRUE(error({"denoise", "in.png", "-o", "out.png", "--preview"}).starts_with(no_terminal));
  EXPECT_TRUE(error({"denoise", "-o", "out.png", "--preview", "--", "in.png"}).starts_with(no_terminal));
  EXPECT_EQ(error({"denoise", "in.png", "-o", "out.png", "--preview", "sixels"}),
            "dipper: --preview is \"sixels\" (did you mean sixel?) but must be auto, kitty, sixel or blocks\n");
}

}  // namespace
}  // namespace dipper
