// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "dipper/dipper.hpp"
#include "kernels/backend.hpp"

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

TEST(Info, NamesEachNvidiaDeviceOrSaysWhyThereIsNone) {
  const std::vector<DeviceInfo> devices = build_info().devices;
  const DeviceInfo& first = devices.at(2);
  const std::size_t count = cuda_devices().size();
  EXPECT_EQ(first.name, count > 0 ? "cuda:0" : "cuda");
  EXPECT_EQ(first.available, count > 0);
  if (count == 0) {
    EXPECT_EQ(first.description, why_no_cuda());
  }
  EXPECT_EQ(devices.size(), 2 + std::max<std::size_t>(1, count));
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
