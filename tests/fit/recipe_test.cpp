// SPDX-License-Identifier: Apache-2.0
#include "fit/recipe.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "dipper/error.hpp"
#include "option_rows.hpp"

namespace dipper {
namespace {

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// A recipe's text in a file that goes away again.
class RecipeFile {
 public:
  explicit RecipeFile(const std::string& text) { std::ofstream(path_) << text; }
  RecipeFile(const RecipeFile&) = delete;
  RecipeFile& operator=(const RecipeFile&) = delete;
  ~RecipeFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / fmt::format("dipper_recipe_test_{}.toml", ::getpid());
};

TEST(Recipes, ThatComeWithDipperAreReadAndSummed) {
  EXPECT_GE(built_in_recipes().size(), 3U);
  for (const BuiltInRecipe& built_in : built_in_recipes()) {
    const Recipe recipe = load_recipe(std::string(built_in.name));
    EXPECT_EQ(recipe.name, built_in.name);
    EXPECT_FALSE(recipe.summary.empty());
    EXPECT_NO_THROW(check(recipe)) << built_in.name;
  }
}

TEST(Recipes, SeedsAreThePublishedOnes) {
  for (const char* name : {"seed-pixel-shuffle", "seed-deconv"}) {
    const Recipe recipe = load_recipe(name);
    EXPECT_EQ(recipe.iterations, 25001);
    EXPECT_EQ(recipe.every, 250);
    EXPECT_EQ(recipe.input_noise, "walk");
    EXPECT_DOUBLE_EQ(recipe.input_noise_scale, 1.0 / 30);
    EXPECT_EQ(recipe.input_channels, 3);
    EXPECT_EQ(recipe.loss, "sum");
    EXPECT_EQ(recipe.adam_rate, 1e-4);
    EXPECT_EQ(recipe.adam_beta1, 0.9);
    EXPECT_EQ(recipe.adam_beta2, 0.999);
    EXPECT_EQ(learning_rate(recipe, 0), 1e-4);
    EXPECT_EQ(learning_rate(recipe, 25000), 1e-4);
  }
}

TEST(Recipes, AreReadFromFiles) {
  const RecipeFile file("# My own\nnetwork = \"hourglass-deconv\"\n[adam]\nrate = 1e-3\n[input]\nchannels = 8\n");
  const Recipe recipe = load_recipe(file.path());
  EXPECT_EQ(recipe.name, std::filesystem::path(file.path()).stem().string());
  EXPECT_EQ(recipe.summary, "My own");
  EXPECT_EQ(recipe.network, "hourglass-deconv");
  EXPECT_EQ(recipe.adam_rate, 1e-3);
  EXPECT_EQ(recipe.input_channels, 8);
}

TEST(Recipes, AsTextGiveTheSameRecipe) {
  for (const BuiltInRecipe& built_in : built_in_recipes()) {
    Recipe recipe = load_recipe(std::string(built_in.name));
    recipe.adam_rate /= 3;  // a number of many digits
    const RecipeFile file(to_text(recipe));
    const Recipe read = load_recipe(file.path());
    EXPECT_EQ(to_text(read), to_text(recipe)) << built_in.name;
    EXPECT_EQ(read.adam_rate, recipe.adam_rate);
    EXPECT_EQ(read.net.skip.down, recipe.net.skip.down);
  }
}

TEST(Recipes, HoldListsAndFlagsOfANetwork) {
  const RecipeFile file(
      "# Mine\nnetwork = \"skip\"\n[skip]\ndown = [16, 32]\nup = 8\nupsampling = [\"nearest\", \"bilinear\"]\nmix = "
      "false\n");
  const SkipOptions skip = load_recipe(file.path()).net.skip;
  EXPECT_EQ(skip.down, (std::vector<int>{16, 32}));
  EXPECT_EQ(skip.up, std::vector<int>{8});
  EXPECT_EQ(skip.upsampling, (std::vector<std::string>{"nearest", "bilinear"}));
  EXPECT_FALSE(skip.mix);
}

TEST(Recipes, SayWhereAMistakeIs) {
  const auto error_in = [](const std::string& text) {
    const RecipeFile file(text);
    return error_of([&] { (void)load_recipe(file.path()); });
  };
  EXPECT_NE(error_in("iterations = \n").find("line 1"), std::string::npos);
  EXPECT_NE(error_in("[adam]\nrat = 1\n").find("line 2: adam.rat: "), std::string::npos);
  EXPECT_NE(error_in("[adam]\nrat = 1\n").find("did you mean adam.rate?"), std::string::npos);
  EXPECT_NE(error_in("[adam]\nrate = \"fast\"\n").find("must be a number"), std::string::npos);
  EXPECT_NE(error_in("[adam]\nbeta1 = 1.5\n").find("from 0 to 0.999999"), std::string::npos);
  EXPECT_NE(error_in("iterations = [1]\n").find("\"[1]\" but must be a whole number"), std::string::npos);
  EXPECT_NE(error_in("iterations = 2020-01-01\n").find("must be a number, a text"), std::string::npos);
  EXPECT_NE(error_in("[skip]\ndown = [16, 0]\n").find("line 2: skip.down: "), std::string::npos);
  EXPECT_NE(error_in("network = \"hourglass\"\n").find("no network"), std::string::npos);
}

TEST(Recipes, MistakesThatTomlAssertsAreMistakesToo) {
  for (const char* text :
       {"[{a]\nb = 1\n", "[", "[a", "a", "a = ", "a = [", "a = {", "\"", "a.\n", "[[a]\n", "loss = \xC3\xA4\n"}) {
    EXPECT_EQ(error_of([&] { (void)parse_recipe(text, "mine", "mine.toml"); }).rfind("mine.toml, line ", 0), 0U)
        << text;
  }
}

TEST(Recipes, MayHaveAnyLetterInComments) {
  const Recipe recipe = parse_recipe("\xEF\xBB\xBF# F\xC3\xBCr Nebel\niterations = 7  # \xFF\n", "mine", "mine.toml");
  EXPECT_EQ(recipe.iterations, 7);
}

TEST(Recipes, SuggestTheNearestName) {
  EXPECT_NE(error_of([] { (void)load_recipe("quik"); }).find("did you mean quick?"), std::string::npos);
}

TEST(SetValue, ChecksKeyAndValue) {
  Recipe recipe = load_recipe("quick");
  set_value(recipe, "adam.rate", "0.5");
  EXPECT_EQ(recipe.adam_rate, 0.5);
  set_value(recipe, "loss", "mean");
  EXPECT_EQ(recipe.loss, "mean");
  EXPECT_NE(error_of([&] { set_value(recipe, "loss", "average"); }).find("one of sum, mean"), std::string::npos);
  EXPECT_NE(error_of([&] { set_value(recipe, "iteration", "5"); }).find("iterations"), std::string::npos);
  EXPECT_NE(error_of([&] { set_value(recipe, "iterations", "0"); }).find("from 1"), std::string::npos);
  EXPECT_NE(error_of([&] { set_value(recipe, "iterations", "1.5"); }).find("whole number"), std::string::npos);
}

TEST(SetValue, ReadsListsAndFlags) {
  Recipe recipe;
  set_value(recipe, "skip.down", "16,32, 64");
  EXPECT_EQ(recipe.net.skip.down, (std::vector<int>{16, 32, 64}));
  set_value(recipe, "skip.down", "[7]");
  EXPECT_EQ(recipe.net.skip.down, std::vector<int>{7});
  set_value(recipe, "skip.upsampling", "nearest,bilinear");
  EXPECT_EQ(recipe.net.skip.upsampling, (std::vector<std::string>{"nearest", "bilinear"}));
  set_value(recipe, "skip.mix", "false");
  EXPECT_FALSE(recipe.net.skip.mix);
  set_value(recipe, "skip.mix", "true");
  EXPECT_TRUE(recipe.net.skip.mix);
  EXPECT_EQ(error_of([&] { set_value(recipe, "skip.down", "16,,32"); }),
            "skip.down is \"\" but must be a whole number from 1 to 4096");
  EXPECT_EQ(error_of([&] { set_value(recipe, "skip.down", ""); }),
            "skip.down is empty but must be a value, or several with commas between");
  EXPECT_EQ(error_of([&] { set_value(recipe, "skip.upsampling", "nearest,cubic"); }),
            "skip.upsampling is \"cubic\" but must be one of nearest, bilinear");
  EXPECT_EQ(error_of([&] { set_value(recipe, "skip.mix", "1"); }), "skip.mix is \"1\" but must be one of true, false");
}

TEST(CheckRecipe, AsksTheNetworkAlone) {
  Recipe recipe;
  recipe.net.skip.skip = {4, 4};
  EXPECT_NO_THROW(check(recipe));
  recipe.network = "skip";
  EXPECT_NE(error_of([&] { check(recipe); }).find("skip.skip has 2 values"), std::string::npos);
}

TEST(LearningRate, RisesThenFallsToNothing) {
  Recipe recipe;
  recipe.iterations = 100;
  recipe.adam_rate = 1;
  recipe.schedule_warmup = 0.1;
  recipe.schedule_cosine = 0.25;
  EXPECT_DOUBLE_EQ(learning_rate(recipe, 0), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(recipe, 4), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(recipe, 9), 1);
  EXPECT_DOUBLE_EQ(learning_rate(recipe, 75), 1);
  EXPECT_NEAR(learning_rate(recipe, 87), 0.5, 0.04);
  EXPECT_LT(learning_rate(recipe, 99), 0.01);
  EXPECT_GT(learning_rate(recipe, 99), 0);
}

// Those of the networks stand in docs/networks.md.
TEST(Recipe, AReducedInputNeedsANetworkThatLooksAtWhatIsNear) {
  for (const auto& [key, value] : std::map<std::string, std::string>{{"network", "skip"},
                                                                     {"resnet.norm", "true"},
                                                                     {"average", "0.9"},
                                                                     {"input.noise", "fresh"},
                                                                     {"resnet.blocks", "9"}}) {
    Recipe recipe = load_recipe("upscale-fast");
    EXPECT_NO_THROW(check(recipe));
    set_value(recipe, key, value);
    EXPECT_THROW(check(recipe), Error) << key;
  }
}

TEST(Recipe, EveryValueIsInTheDocument) {
  test::OptionRows of_networks;
  const NetworkOptions options;
  for_each_value(options, of_networks);
  test::OptionRows expected;
  const Recipe recipe;
  for_each_value(recipe, expected);
  ASSERT_GT(expected.rows.size(), of_networks.rows.size());
  expected.rows.resize(expected.rows.size() - of_networks.rows.size());  // they come last
  test::expect_rows_in("docs/recipes.md", expected);
}

}  // namespace
}  // namespace dipper
