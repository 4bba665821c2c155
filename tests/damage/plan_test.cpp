// SPDX-License-Identifier: Apache-2.0
#include "damage/plan.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "dipper/error.hpp"

namespace dipper {
namespace {

using Options = std::map<std::string, std::string>;

std::string error_of(const Options& options) {
  try {
    static_cast<void>(parse_plan(options));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Plan, HoldsWhatTheOptionsSay) {
  const Plan plan = parse_plan({{"motion", "9,0"},
                                {"downscale", "4"},
                                {"noise", "25.5"},
                                {"poisson", "30"},
                                {"jpeg", "10"},
                                {"drop", "0.5"},
                                {"text", "a b"},
                                {"scratch", "7"},
                                {"hole", "3x4+0+6"}});
  ASSERT_TRUE(plan.blur && plan.text && plan.hole);
  EXPECT_EQ(plan.blur->columns, 9);
  EXPECT_EQ(plan.downscale, 4);
  EXPECT_DOUBLE_EQ(plan.noise, 0.1);
  EXPECT_EQ(plan.photons, 30);
  EXPECT_EQ(plan.jpeg, 10);
  EXPECT_EQ(plan.drop, 0.5);
  EXPECT_EQ(plan.text->size(), 2U);
  EXPECT_EQ(plan.scratches, 7);
  EXPECT_EQ(plan.hole->width, 3);
  EXPECT_EQ(plan.hole->height, 4);
  EXPECT_EQ(plan.hole->x, 0);
  EXPECT_EQ(plan.hole->y, 6);
  EXPECT_EQ(parse_plan({{"blur", "2"}}).blur->rows, 13);
}

TEST(Plan, KnowsWhatCovers) {
  const Options covering = {{"drop", "0.5"}, {"text", "a"}, {"scratch", "1"}, {"hole", "1x1+0+0"}};
  for (const auto& option : covering) EXPECT_TRUE(parse_plan({option}).covers()) << option.first;
  const Options other = {{"blur", "1"},  {"motion", "9,0"}, {"downscale", "2"},
                         {"noise", "1"}, {"poisson", "1"},  {"jpeg", "1"}};
  for (const auto& option : other) EXPECT_FALSE(parse_plan({option}).covers()) << option.first;
  EXPECT_EQ(covering.size() + other.size(), damage_option_table().size());
}

TEST(Plan, AnOptionalValueHasAPresetThatIsOne) {
  for (const DamageOption& option : damage_option_table()) {
    const bool optional = option.value[0] == '[';
    EXPECT_EQ(optional, !std::string_view(option.preset).empty()) << option.name;
    if (optional) {
      EXPECT_EQ(error_of({{option.name, option.preset}}), "no error");
    }
  }
}

TEST(Plan, SaysWhatIsWrong) {
  const std::vector<std::pair<Options, std::string>> mistakes = {
      {{}, "one or more of --blur, --motion"},
      {{{"nose", "25"}}, "no damage \"nose\" (did you mean noise?)"},
      {{{"blur", "1"}, {"motion", "9,0"}}, "either --blur or --motion"},
      {{{"blur", "0"}}, "--blur is \"0\" but must be a number from 0.1 to 42"},
      {{{"motion", "9"}}, "--motion is \"9\" but must be LENGTH,ANGLE"},
      {{{"motion", "0,9"}}, "the length in --motion is \"0\""},
      {{{"downscale", "1"}}, "--downscale is \"1\" but must be a whole number from 2 to 8"},
      {{{"downscale", "9"}}, "from 2 to 8"},
      {{{"downscale", "2.5"}}, "a whole number"},
      {{{"noise", "-25"}}, "--noise is \"-25\" but must be a number from 0.01 to 255"},
      {{{"poisson", "0"}}, "--poisson is \"0\" but must be a number from 0.1"},
      {{{"jpeg", "0"}}, "--jpeg is \"0\" but must be a whole number from 1 to 100"},
      {{{"jpeg", "101"}}, "from 1 to 100"},
      {{{"drop", "0"}}, "--drop 0 leaves nothing to repair"},
      {{{"drop", "1"}}, "--drop 1 leaves nothing to go by"},
      {{{"text", " "}}, "--text is empty"},
      {{{"scratch", "0"}}, "--scratch is \"0\" but must be a whole number from 1"},
      {{{"hole", "120"}}, "--hole is \"120\" but must be WIDTHxHEIGHT+X+Y"},
      {{{"hole", "0x5+1+1"}}, "must be WIDTHxHEIGHT+X+Y"},
      {{{"hole", "5x5-1+1"}}, "must be WIDTHxHEIGHT+X+Y"},
      {{{"hole", "5x5+-1+1"}}, "must be WIDTHxHEIGHT+X+Y"},
      {{{"hole", "5x5+1+1 "}}, "must be WIDTHxHEIGHT+X+Y"},
      {{{"hole", "5x5+1"}}, "must be WIDTHxHEIGHT+X+Y"},
      {{{"hole", "99999999999x5+1+1"}}, "must be WIDTHxHEIGHT+X+Y"},
  };
  for (const auto& [options, part] : mistakes) {
    EXPECT_NE(error_of(options).find(part), std::string::npos) << error_of(options) << " lacks " << part;
  }
}

}  // namespace
}  // namespace dipper
