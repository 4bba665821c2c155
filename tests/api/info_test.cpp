// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dipper/dipper.hpp"

namespace dipper {
namespace {

TEST(Info, ListsWhatThisBuildCanDo) {
  const BuildInfo info = build_info();
  EXPECT_FALSE(info.version.empty());
  EXPECT_FALSE(info.instruction_set.empty());
  EXPECT_GE(info.threads, 1);
  EXPECT_EQ(info.codecs, (std::vector<std::string>{"PNG", "JPEG", "WebP", "TIFF"}));
  ASSERT_GE(info.devices.size(), 2U);
  EXPECT_EQ(info.devices[0].name, "cpu");
  EXPECT_TRUE(info.devices[0].available);
}

TEST(Info, EveryTaskSaysHowItIsUsed) {
  for (const TaskInfo& task : tasks()) {
    EXPECT_FALSE(task.summary.empty());
    EXPECT_EQ(task.example.find("dipper " + task.name), 0U);
    for (const OptionInfo& option : task.options) EXPECT_FALSE(option.help.empty()) << option.name;
  }
}

TEST(Info, EveryDamageSaysWhatItDoes) {
  EXPECT_FALSE(damage_options().empty());
  for (const OptionInfo& option : damage_options()) {
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_FALSE(option.picture || option.damages) << option.name;
  }
}

TEST(Info, RecipesCarryTheirText) {
  for (const RecipeInfo& recipe : recipes()) {
    EXPECT_NE(recipe.text.find("network"), std::string::npos);
    EXPECT_NE(recipe.text.find(recipe.summary), std::string::npos);
  }
}

}  // namespace
}  // namespace dipper
