// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper {
namespace {

using test::lines;
using test::Outcome;
using Json = nlohmann::json;

class Commands : public test::ProgramTest {
 protected:
  /// Help that fits a terminal and goes to stdout.
  void expect_help(const std::vector<std::string>& arguments, const std::vector<std::string>& parts) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
    for (const std::string& line : lines(outcome.out)) EXPECT_LE(line.size(), 80U) << line;
    for (const std::string& part : parts) {
      EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome.out << "lacks \"" << part << '"';
    }
  }
};

TEST_F(Commands, Help) {
  const std::vector<std::string> commands = {"inpaint ", "compare ", "recipes ", "info ", "Example: dipper inpaint"};
  expect_help({}, commands);
  expect_help({"--help"}, commands);
  expect_help({"-h"}, commands);
  expect_help({"compare", "--help"}, {"--mask FILE", "--luma", "--crop N", "--json", "Example: dipper compare"});
  expect_help({"recipes", "--help"}, {"NAME", "Example: dipper recipes"});
  expect_help({"info", "--help"}, {"--json"});
}

TEST_F(Commands, HelpOfEveryTaskNamesItsOptions) {
  for (const TaskInfo& task : tasks()) {
    std::vector<std::string> parts = {"Usage: dipper " + task.name + " IN --output OUT [OPTIONS]",
                                      "--truth FILE",
                                      "--recipe NAME|FILE",
                                      "--set KEY=VALUE",
                                      "--iterations N",
                                      "--seed S",
                                      "--threads N",
                                      "--device NAME",
                                      "--frames DIR",
                                      "--every N",
                                      "--animation FILE",
                                      "--animation-size N",
                                      "--strip FILE",
                                      "--raw",
                                      "--json",
                                      "--progress STYLE",
                                      "--quiet",
                                      "-o, --output OUT",
                                      "Example: " + task.example};
    for (const OptionInfo& option : task.options) parts.push_back("--" + option.name + " " + option.value);
    expect_help({task.name, "--help"}, parts);
  }
}

TEST_F(Commands, Version) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "dipper " + build_info().version + "\n");
}

TEST_F(Commands, Compare) {
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

TEST_F(Commands, CompareEqualPictures) {
  make_picture("a.png");
  EXPECT_EQ(run({"compare", "a.png", "a.png"}).out, "PSNR inf dB  SSIM 1.0000\n");
  const Json json = Json::parse(run({"compare", "a.png", "a.png", "--json"}).out);
  EXPECT_TRUE(json.at("psnr").is_null());
  EXPECT_EQ(json.at("identical"), true);
}

TEST_F(Commands, CompareLooksWhereItIsTold) {
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

TEST_F(Commands, Recipes) {
  const Outcome outcome = run({"recipes"});
  EXPECT_EQ(outcome.code, 0);
  for (const RecipeInfo& recipe : recipes()) {
    EXPECT_NE(("\n" + outcome.out).find("\n" + recipe.name + " "), std::string::npos) << recipe.name;
    EXPECT_EQ(run({"recipes", recipe.name}).out, recipe.text);
  }
}

TEST_F(Commands, Info) {
  const BuildInfo info = build_info();
  const Outcome outcome = run({"info"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("version          " + info.version), std::string::npos);
  const Json json = Json::parse(run({"info", "--json"}).out);
  EXPECT_EQ(json.at("version"), info.version);
  EXPECT_EQ(json.at("instruction_set"), info.instruction_set);
  EXPECT_EQ(json.at("threads"), info.threads);
  EXPECT_EQ(json.at("codecs").size(), info.codecs.size());
  ASSERT_EQ(json.at("devices").size(), info.devices.size());
  for (const DeviceInfo& device : info.devices) {
    EXPECT_NE(outcome.out.find(device.description), std::string::npos) << device.name;
  }
}

}  // namespace
}  // namespace dipper
