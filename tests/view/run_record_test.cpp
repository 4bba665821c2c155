// SPDX-License-Identifier: Apache-2.0
#include "view/run_record.hpp"

#include <gtest/gtest.h>

#include "view/pictures.hpp"

namespace dipper::view {
namespace {

Restoration restoration() {
  Restoration made;
  made.image = test::ramp(16, 12);
  made.raw = Image(16, 12, 3, 0.5F);
  made.truth = made.image;
  made.psnr = 30;
  made.ssim = 0.9;
  made.raw_psnr = 20;
  made.expected = Expectation{31, 0.5};
  made.iterations = 7;
  made.recipe = "small";
  made.recipe_text = "network = \"skip\"\n";
  made.method = "fit";
  made.reason = "enough";
  made.failure = "it diverged";
  return made;
}

TEST(RunRecords, FiguresAreThoseOfWhatWasWritten) {
  const Restoration made = restoration();
  EXPECT_EQ(figures_of(made, false).psnr, 30);
  EXPECT_EQ(figures_of(made, false).ssim, 0.9);
  EXPECT_EQ(figures_of(made, true).psnr, 20);
  EXPECT_EQ(figures_of(made, true).ssim, ssim(made.raw, *made.truth));
}

TEST(RunRecords, AResultHasWhatIsKnownAndNullForWhatIsNot) {
  Restoration made = restoration();
  Json result = result_json(made, figures_of(made, false), {"out.png", ""});
  EXPECT_EQ(result.at("psnr"), 30);
  EXPECT_EQ(result.at("expected_psnr_of_missing"), 31);
  EXPECT_EQ(result.at("reason"), "enough");
  EXPECT_EQ(result.at("failure"), "it diverged");
  EXPECT_EQ(result.at("output"), "out.png");
  EXPECT_TRUE(result.at("uncertainty").is_null());
  made.expected.reset();
  made.psnr.reset();
  made.uncertainty.emplace();
  made.uncertainty->mean_error = 0.25;
  result = result_json(made, figures_of(made, false), {"out.png", "map.png"});
  EXPECT_TRUE(result.at("psnr").is_null());
  EXPECT_TRUE(result.at("expected_within").is_null());
  EXPECT_EQ(result.at("uncertainty").at("mean_error"), 0.25);
  EXPECT_EQ(result.at("uncertainty").at("output"), "map.png");
}

TEST(RunRecords, ARunTellsWhatItTakesToDoItAgain) {
  Request request;
  request.input = test::ramp(16, 12);
  request.options = {{"drop", "0.5"}, {"switch", "true"}};
  request.settings.set = {{"adam.rate", "0.01"}};
  request.settings.threads = 3;
  Course course;
  course.follow(test::after(1));
  const RunFacts facts{"in.png", "dipper inpaint in.png", "half is missing", Json::array({{{"what", "input"}}})};
  const Json run = run_json(facts, request, restoration(), course, {{"psnr", 30}});
  EXPECT_EQ(run.at("task"), "inpaint");
  EXPECT_EQ(run.at("input").dump(), R"({"file":"in.png","width":16,"height":12})");
  EXPECT_EQ(run.at("command"), facts.command);
  EXPECT_EQ(run.at("settings").at("what was done"), "half is missing");
  EXPECT_EQ(run.at("settings").at("drop"), "0.5");
  EXPECT_EQ(run.at("settings").at("switch"), "yes");
  EXPECT_EQ(run.at("settings").at("changed values"), "adam.rate = 0.01");
  EXPECT_EQ(run.at("settings").at("threads"), "3");
  EXPECT_NE(run.at("recipe").get<std::string>().find("network"), std::string::npos);
  EXPECT_EQ(run.at("files"), facts.files);
  EXPECT_EQ(run.at("result").at("psnr"), 30);
  EXPECT_EQ(run.at("curve").at(0).at("iteration"), 1);
}

}  // namespace
}  // namespace dipper::view
