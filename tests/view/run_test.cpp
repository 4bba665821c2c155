// SPDX-License-Identifier: Apache-2.0
#include "view/run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "view/pictures.hpp"

namespace dipper::view {
namespace {

using namespace std::chrono_literals;
using test::after;
using test::ramp;

class Runs : public testing::Test {
 protected:
  Runs() {
    RunPlan plan;
    plan.title = "inpaint in.png: balanced quality";
    plan.input = album_.add("in.png", "abc", ramp(8, 6));
    plan.request.input = plan.input->image;
    plan.words = {"dipper", "inpaint", "in.png"};
    plan.may_longer = true;
    plan.output = "out.png";
    plan.save = [this](const Image& image) { saved_ = image; };
    plan.ended = [this] { return ended_.load(); };
    run_.emplace(std::move(plan), album_);
  }

  [[nodiscard]] Json state() const { return run_->state(); }

  void follow(int from, int to) {
    for (int i = from; i <= to; ++i) {
      picture_.samples[0] = static_cast<float>(i) / 255;
      EXPECT_TRUE(run_->follow(after(i, &picture_)));
    }
  }

  // The second iteration, on a thread that waits where it has to.
  std::future<bool> next_step() {
    return std::async(std::launch::async, [this] {
      Progress progress = after(2);
      progress.waited = &waited_;
      return run_->follow(progress);
    });
  }

  [[nodiscard]] Restoration restoration() const {
    Restoration made;
    made.image = made.raw = ramp(8, 6);
    made.iterations = 5;
    made.seconds = 2;
    made.checkpoint = "fit";
    made.method = "fit";
    made.recipe = "small";
    return made;
  }

  Album album_;
  Image picture_ = ramp(8, 6);
  Image saved_;
  std::atomic<bool> ended_ = false;
  double waited_ = 0;
  std::optional<view::Run> run_;
};

TEST_F(Runs, TellHowTheyGo) {
  EXPECT_EQ(state().at("phase"), "starting");
  Progress stage = after(1);
  stage.stage = "bm3d";
  stage.stage_done = 0.5;
  EXPECT_TRUE(run_->follow(stage));
  EXPECT_EQ(state().at("phase"), "starting");
  EXPECT_EQ(state().at("stage_done"), 0.5);
  Progress progress = after(1, &picture_);
  progress.psnr = 21;
  progress.expected = Expectation{22, 0.5};
  run_->follow(progress);
  run_->follow(after(2));
  const Json now = state();
  EXPECT_EQ(now.at("phase"), "running");
  EXPECT_EQ(now.at("iteration"), 2);
  EXPECT_EQ(now.at("psnr"), 21);  // of the last picture
  EXPECT_EQ(now.at("expected"), 22);
  EXPECT_EQ(now.at("loss"), 0.5);
  EXPECT_EQ(now.at("frames").dump(), "[1]");
  EXPECT_EQ(now.at("curve"), 2);
  EXPECT_EQ(run_->curve().dump(), "[[1,1.0,21.0,22.0],[2,0.5,null,null]]");
}

TEST_F(Runs, HaveAnotherVersionWheneverThereIsNews) {
  const auto first = run_->version();
  EXPECT_EQ(run_->version(), first);
  run_->follow(after(1));
  EXPECT_NE(run_->version(), first);
}

TEST_F(Runs, ShowPicturesNoFasterThanTheyAreMade) {
  follow(1, 1);
  static_cast<void>(run_->version());
  EXPECT_EQ(state().at("shown"), 1);
  run_->still_took(1);  // for which there is as much time in most of a minute
  follow(2, 3);
  static_cast<void>(run_->version());
  EXPECT_EQ(state().at("shown"), 1);
  run_->still_took(0);
  static_cast<void>(run_->version());
  EXPECT_EQ(state().at("shown"), 3);
  run_->still_took(1);
  follow(4, 4);
  run_->finish(restoration());  // after five
  static_cast<void>(run_->version());
  EXPECT_EQ(state().at("shown"), 5);
  EXPECT_EQ(run_->frame(5)->samples, ramp(8, 6).samples);
}

TEST_F(Runs, WaitWhilePausedAndSayForHowLong) {
  EXPECT_THROW(run_->pause(), Error);
  follow(1, 1);
  EXPECT_THROW(run_->go_on(), Error);
  run_->pause();
  EXPECT_EQ(state().at("phase"), "paused");
  auto step = next_step();
  EXPECT_EQ(step.wait_for(100ms), std::future_status::timeout);
  run_->go_on();
  EXPECT_TRUE(step.get());
  EXPECT_GE(waited_, 0.09);
  EXPECT_EQ(state().at("phase"), "running");
}

TEST_F(Runs, StopWhilePausedToo) {
  follow(1, 1);
  run_->pause();
  auto step = next_step();
  std::this_thread::sleep_for(20ms);
  run_->stop();
  EXPECT_FALSE(step.get());
  EXPECT_EQ(state().at("may_stop"), false);
}

TEST_F(Runs, StopWhenSomebodyElseEndsThem) {
  follow(1, 1);
  run_->pause();
  auto step = next_step();
  ended_ = true;
  EXPECT_FALSE(step.get());
  EXPECT_FALSE(run_->follow(after(3)));
}

TEST_F(Runs, OfAMethodCannotPause) {
  RunPlan plan;
  plan.input = album_.add("in.png", "", ramp(8, 6));
  plan.request.method = "tv";
  view::Run method(std::move(plan), album_);
  method.follow(after(1));
  EXPECT_EQ(method.state().at("may_pause"), false);
  EXPECT_THROW(method.pause(), Error);
}

TEST_F(Runs, KeepTheDamagedPictureThatTheTaskMade) {
  const Image damaged(8, 6, 3, 0.5F);
  Progress plan = after(1);
  plan.iteration = 0;
  plan.damaged = &damaged;
  run_->follow(plan);
  EXPECT_EQ(album_.find(state().at("damaged").get<std::string>())->image.samples, damaged.samples);
  EXPECT_EQ(state().at("truth"), "p1");
}

TEST_F(Runs, AFrameMayBeTheResult) {
  EXPECT_THROW(static_cast<void>(run_->result()), Error);
  follow(1, 5);
  EXPECT_THROW(run_->use(2), Error);  // while it goes
  run_->finish(restoration());
  EXPECT_EQ(run_->result().samples, ramp(8, 6).samples);
  run_->use(2);
  EXPECT_EQ(saved_.samples[0], 2.0F / 255);
  EXPECT_EQ(run_->result().samples[0], 2.0F / 255);
  EXPECT_EQ(state().at("used"), 2);
  EXPECT_EQ(state().at("result").at("best_iteration"), 2);
  EXPECT_TRUE(state().at("result").at("psnr").is_null());
  EXPECT_THROW(run_->use(77), Error);
  run_->use(5);  // the last is what the run made
  EXPECT_EQ(saved_.samples, ramp(8, 6).samples);
  EXPECT_EQ(state().at("used"), 0);
}

TEST_F(Runs, TellOfAFrameWhatIsTrueOfIt) {
  follow(1, 5);
  Restoration made = restoration();
  made.truth = ramp(8, 6);
  made.psnr = 50;
  made.classic = "cubic";
  made.classic_share = 0.5;
  run_->finish(made);
  run_->use(2);
  EXPECT_DOUBLE_EQ(state().at("result").at("psnr").get<double>(), psnr(*run_->frame(2), ramp(8, 6)));
  EXPECT_EQ(state().at("result").at("classic"), "");
  run_->use(0);
  EXPECT_EQ(state().at("result").at("psnr"), 50);
  EXPECT_EQ(state().at("result").at("classic"), "cubic");
}

TEST_F(Runs, EndWithResultSettingsAndReport) {
  EXPECT_THROW(static_cast<void>(run_->report()), Error);
  follow(1, 3);
  run_->finish(restoration());
  const Json now = state();
  EXPECT_EQ(now.at("phase"), "done");
  EXPECT_EQ(now.at("result").at("recipe"), "small");
  EXPECT_EQ(now.at("settings").at(0).dump(), R"(["what was done","half of the pixels are missing"])");
  EXPECT_EQ(now.at("command"), "dipper inpaint in.png");
  const std::string report = run_->report();
  EXPECT_NE(report.find("dipper inpaint in.png"), std::string::npos);
  EXPECT_NE(report.find("data:image/webp;base64,"), std::string::npos);
}

TEST_F(Runs, GoOnLongerWhereTheirStepsOrAPersonEndedThem) {
  EXPECT_THROW(static_cast<void>(run_->go_on_longer()), Error);
  follow(1, 5);
  run_->finish(restoration());
  ASSERT_EQ(state().at("may_longer"), true);
  const Request over = run_->go_on_longer();
  EXPECT_EQ(over.settings.resume, "fit");
  EXPECT_EQ(over.settings.iterations, 55);
  EXPECT_EQ(state().at("phase"), "starting");
  EXPECT_TRUE(state().at("result").is_null());
  EXPECT_EQ(state().at("frames").dump(), "[1,2,3,4,5]");
  EXPECT_EQ(state().at("command"), "dipper inpaint in.png --iterations 55");
  run_->fail("stopped before there was a picture");  // what there was stays
  EXPECT_EQ(state().at("phase"), "done");
  EXPECT_EQ(state().at("result").at("note"), "stopped before there was a picture");
  EXPECT_EQ(run_->result().samples, ramp(8, 6).samples);
  static_cast<void>(run_->go_on_longer());
  Progress further = after(6);
  further.resumed_from = 5;
  further.seconds = 0.25;
  run_->follow(further);
  EXPECT_DOUBLE_EQ(state().at("seconds").get<double>(), 2.25);  // with those of the part before
  Restoration stopped = restoration();
  stopped.stopped = true;
  stopped.iterations = 20;
  run_->finish(stopped);
  EXPECT_EQ(run_->go_on_longer().settings.iterations, 55);  // those that are left
  Restoration judged = restoration();
  judged.reason = "nothing gets better";
  run_->finish(judged);
  EXPECT_EQ(state().at("may_longer"), false);
}

TEST_F(Runs, SayWhyTheyFailed) {
  run_->fail("it diverged");
  EXPECT_EQ(state().at("phase"), "failed");
  EXPECT_EQ(run_->error(), "it diverged");
  run_->stop();  // which comes late
  EXPECT_EQ(state().at("phase"), "failed");
}

}  // namespace
}  // namespace dipper::view
