// SPDX-License-Identifier: Apache-2.0
#include "view/studio.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "view/pictures.hpp"

namespace dipper::view {
namespace {

using namespace std::chrono_literals;
using test::png_of;
using test::ramp;

class Studios : public testing::Test {
 protected:
  Studios() { settings_.threads = 1; }

  void SetUp() override {
    studio_.emplace(settings_);
    picture_ = studio_->album().read("photo.png", png_of(ramp(32, 24)));
  }

  [[nodiscard]] Json wish(int iterations) const {
    return {{"task", "inpaint"},
            {"picture", picture_->id},
            {"options", {{"drop", "0.5"}}},
            {"settings", {{"recipe", "small"}, {"iterations", iterations}, {"seed", 3}}}};
  }

  [[nodiscard]] std::string phase() const { return studio_->state().at("phase"); }

  [[nodiscard]] int iteration() const { return studio_->state().at("run").at("iteration"); }

  template <class Condition>
  static bool wait_until(const Condition& met) {
    for (int wait = 0; wait < 30'000 && !met(); ++wait) std::this_thread::sleep_for(1ms);
    return met();
  }
  [[nodiscard]] bool wait_for(const std::string& wanted) const {
    return wait_until([&] { return phase() == wanted; });
  }

  Settings settings_;
  std::optional<Studio> studio_;
  PictureHandle picture_;
};

TEST_F(Studios, GoFromNothingToAPictureToARun) {
  EXPECT_EQ(phase(), "empty");
  EXPECT_THROW(static_cast<void>(studio_->run()), Error);
  const auto version = studio_->version();
  studio_->choose(picture_);
  EXPECT_NE(studio_->version(), version);
  EXPECT_EQ(phase(), "ready");
  studio_->begin(wish(4));
  ASSERT_TRUE(wait_for("done")) << studio_->state();
  const Json state = studio_->state();
  const Json& run = state.at("run");
  EXPECT_EQ(run.at("number"), 1);
  EXPECT_EQ(run.at("title"), "inpaint photo.png: recipe small");
  EXPECT_EQ(run.at("result").at("iterations"), 4);
  EXPECT_EQ(run.at("truth"), picture_->id);
  EXPECT_EQ(run.at("request"), wish(4));
  EXPECT_EQ(run.at("command"),
            "dipper inpaint photo.png --drop 0.5 -o photo_restored.png --seed 3 --recipe small --iterations 4");
  studio_->choose(studio_->album().read("other.png", png_of(ramp(8, 8))));
  EXPECT_EQ(phase(), "ready");
  EXPECT_TRUE(studio_->state().at("run").is_null());
}

// What the command that it prints would give.
TEST_F(Studios, ARunIsThatOfItsCommand) {
  studio_->begin(wish(6));
  ASSERT_TRUE(wait_for("done"));
  Request request;
  request.input = picture_->image;
  request.options = {{"drop", "0.5"}};
  request.settings.recipe = "small";
  request.settings.iterations = 6;
  request.settings.seed = 3;
  EXPECT_EQ(studio_->run()->result().samples, restore(request).image.samples);
}

TEST_F(Studios, ARunTakesMaskTruthAndSettings) {
  Image mask(32, 24, 1);
  for (std::size_t i = 0; i < mask.samples.size(); i += 3) mask.samples[i] = 1;
  Json with_mask = wish(3);
  with_mask.erase("options");
  with_mask["pictures"] = {{"mask", studio_->album().read("mask.png", png_of(mask))->id}};
  with_mask["truth"] = picture_->id;
  with_mask["settings"] = {{"quality", "fast"}, {"iterations", 3}, {"time", 600}};
  studio_->begin(with_mask);
  ASSERT_TRUE(wait_for("done")) << studio_->state();
  const Json state = studio_->state();
  EXPECT_EQ(
      state.at("run").at("command"),
      "dipper inpaint photo.png --mask mask.png -o photo_restored.png --truth photo.png --quality fast --time 600 "
      "--iterations 3");
  EXPECT_TRUE(state.at("run").at("psnr").is_number());
}

TEST_F(Studios, OneRunAtATimeThatCanBePausedAndStopped) {
  studio_->begin(wish(1'000'000));
  ASSERT_TRUE(wait_for("running"));
  EXPECT_THROW(studio_->begin(wish(4)), Error);
  EXPECT_THROW(studio_->choose(picture_), Error);
  EXPECT_THROW(studio_->go_on_longer(), Error);
  studio_->run()->pause();
  const int last = iteration() + 1;  // the one that had begun
  std::this_thread::sleep_for(500ms);
  EXPECT_LE(iteration(), last);
  studio_->run()->go_on();
  EXPECT_TRUE(wait_until([&] { return iteration() > last; }));
  studio_->run()->stop();
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(studio_->state().at("run").at("result").at("stopped"), true);
}

TEST_F(Studios, AStoppedRunGoesOnToTheSameBits) {
  studio_->begin(wish(60));
  ASSERT_TRUE(wait_until([this] { return iteration() >= 5; }));
  studio_->run()->stop();
  ASSERT_TRUE(wait_for("done"));
  if (studio_->state().at("run").at("result").at("stopped") == true) studio_->go_on_longer();
  ASSERT_TRUE(wait_for("done"));
  const Image gone_on = studio_->run()->result();
  EXPECT_EQ(studio_->state().at("run").at("result").at("iterations"), 60);
  studio_->begin(wish(60));
  ASSERT_TRUE(wait_for("done"));
  EXPECT_EQ(studio_->run()->result().samples, gone_on.samples);
}

TEST_F(Studios, SayWhatCannotBeDone) {
  Json other = wish(4);
  other["task"] = "paint";
  EXPECT_THROW(studio_->begin(other), Error);
  other = wish(4);
  other["picture"] = "p99";
  EXPECT_THROW(studio_->begin(other), Error);
  EXPECT_THROW(studio_->begin(wish(0)), Error);
  for (const char* settings : {R"({"recipe":"/etc/passwd"})", R"({"iterations":4294967297})", R"({"iterations":true})",
                               R"({"iterations":1.5})", R"({"iterations":-1})", R"({"seed":-1})", R"({"seed":1.9})",
                               R"({"time":-1})", R"({"time":1e300})", R"({"time":"1"})"}) {
    other = wish(4);
    other["settings"] = Json::parse(settings);
    EXPECT_THROW(studio_->begin(other), Error) << settings;
  }
  EXPECT_THROW(studio_->begin(Json::object()), Json::exception);
  other = wish(4);
  other["options"]["drop"] = "2";
  studio_->begin(other);  // found when it is tried
  ASSERT_TRUE(wait_for("failed"));
  EXPECT_NE(studio_->state().at("error").get<std::string>().find("--drop"), std::string::npos);
  studio_->begin(wish(2));
  EXPECT_TRUE(wait_for("done"));
}

TEST_F(Studios, EndWithTheirRun) {
  studio_->begin(wish(1'000'000));
  ASSERT_TRUE(wait_for("running"));
  studio_->run()->pause();
  studio_.reset();
}

}  // namespace
}  // namespace dipper::view
