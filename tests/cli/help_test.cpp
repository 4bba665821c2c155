// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper {
namespace {

using test::lines;
using test::Outcome;

class Help : public test::ProgramTest {
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

TEST_F(Help, OfDipperAndOfItsCommands) {
  const std::vector<std::string> commands = {"inpaint ", "damage ", "compare ",
                                             "recipes ", "info ",   "Example: dipper inpaint"};
  expect_help({}, commands);
  expect_help({"--help"}, commands);
  expect_help({"-h"}, commands);
  expect_help({"compare", "--help"}, {"--mask FILE", "--luma", "--crop N", "--json", "Example: dipper compare"});
  expect_help({"recipes", "--help"}, {"NAME", "Example: dipper recipes"});
  expect_help({"info", "--help"}, {"--json"});
}

TEST_F(Help, OfEveryTaskNamesItsOptions) {
  for (const TaskInfo& task : tasks()) {
    std::string arguments = " IN";
    for (const OptionInfo& option : task.options) arguments += option.positional ? " " + option.value : "";
    std::vector<std::string> parts = {"Usage: dipper " + task.name + arguments + " --output OUT [OPTIONS]",
                                      task.input.substr(0, 20),  // lines are broken
                                      "--method NAME",
                                      "--truth FILE",
                                      "--recipe NAME|FILE",
                                      "--set KEY=VALUE",
                                      "--iterations N",
                                      "--seed S",
                                      "--threads N",
                                      "--device NAME",
                                      "--precision NAME",
                                      "--frames DIR",
                                      "--every N",
                                      "--animation FILE",
                                      "--animation-size N",
                                      "--strip FILE",
                                      "--raw",
                                      "--json",
                                      "--progress STYLE",
                                      "--preview [HOW]",
                                      "--quiet",
                                      "-o, --output OUT",
                                      "Example: " + task.example};
    for (const OptionInfo& option : task.options) {
      if (!option.positional) parts.push_back("--" + option.name + " " + option.value);
    }
    expect_help({task.name, "--help"}, parts);
  }
}

TEST_F(Help, OfDamageNamesItsOptionsInTheirOrder) {
  std::vector<std::string> parts = {"Usage: dipper damage IN --output OUT [OPTIONS]",
                                    "--mask MASK",
                                    "--seed S",
                                    "--threads N",
                                    "--json",
                                    "Example: dipper damage"};
  for (const OptionInfo& option : damage_options()) parts.push_back("--" + option.name + " " + option.value);
  expect_help({"damage", "--help"}, parts);
  const std::string text = run({"damage", "--help"}).out;
  std::size_t last = 0;
  for (const OptionInfo& option : damage_options()) {
    const std::size_t at = text.find("  --" + option.name + " ");
    EXPECT_GT(at, last) << option.name;
    last = at;
  }
}

TEST_F(Help, Version) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "dipper " + build_info().version + "\n");
}

}  // namespace
}  // namespace dipper
