// SPDX-License-Identifier: Apache-2.0
#include "api/fitting.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "api/request.hpp"
#include "kernels/far_backend.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

/// A tiny fit with a third of the pixels missing, and a clock that the test sets, and that
/// goes on by a little whenever somebody looks.
class Fittings : public test::TemporaryFolder {
 protected:
  Fittings() {
    Image& picture = observation.damaged;
    for (std::size_t i = 0; i < picture.samples.size(); ++i) {
      picture.samples[i] = 0.5F + 0.4F * std::sin(0.3F * static_cast<float>(i % 32));
    }
    observation.summary = "a third is missing";
    observation.keeps_known = true;
    observation.weights.assign(picture.plane_size(), 1.0F);
    for (std::size_t i = 0; i < picture.plane_size(); i += 3) observation.weights[i] = 0;
    settings.device = "cpu";
    settings.threads = 1;
    settings.quality = "fast";
    settings.set = {{"skip.down", "4,4"}, {"skip.up", "4"}, {"skip.skip", "2"}};
  }

  Restoration run(const ProgressCallback& callback = {}) {
    const Recipe recipe = recipe_for(settings, task, observation);
    const Device device = is_far ? Device{std::make_unique<test::FarBackend>(), "far"} : make_device(settings);
    Pace pace([this] { return now += 1e-3; });
    pace.limit(settings.time);
    Progress progress;
    Pictures pictures(observation, range, nullptr);
    Judging judging = make_judging(observation, recipe, range, settings, {pace, progress, callback});
    Fitting fitting({settings, task, observation, recipe, range, device}, std::move(judging), pictures, pace);
    fitting.run(callback);
    Restoration result;
    fitting.tell(result);
    pictures.move_to(result);
    return result;
  }

  double now = 0;
  bool is_far = false;  // on a device, for which nobody waits in most steps
  const Task& task = find_task("inpaint");
  Observation observation{.damaged = Image(32, 32, 1)};
  Settings settings;
  Range range;
};

TEST_F(Fittings, EndAfterTheirIterationsWithoutAReason) {
  settings.iterations = 4;
  std::vector<int> calls;
  const Restoration result = run([&calls](const Progress& progress) {
    calls.push_back(progress.iteration);
    return true;
  });
  EXPECT_EQ(calls, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(result.iterations, 4);
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.recipe, "inpaint-fast");
  EXPECT_EQ(result.device, "cpu");
  EXPECT_FALSE(result.stopped);
  EXPECT_EQ(result.image.samples.size(), observation.damaged.samples.size());
}

TEST_F(Fittings, EndWhenTheCallbackSaysSoWithThePictureOfThatStep) {
  settings.set["schedule.cosine"] = "0";  // it would depend on the number of steps
  const Restoration result = run([](const Progress& progress) { return progress.iteration < 3; });
  EXPECT_EQ(result.iterations, 3);
  EXPECT_TRUE(result.stopped);
  settings.iterations = 3;
  const Restoration whole = run();
  EXPECT_FALSE(whole.stopped);
  EXPECT_EQ(result.image.samples, whole.image.samples);
}

// It has gone on to the next step for which somebody waits while the picture was made.
TEST_F(Fittings, EndWhereADeviceIsWhenTheCallbackSaysSo) {
  is_far = true;
  settings.set["every"] = "20";
  settings.set["schedule.cosine"] = "0";
  const ProgressCallback until_a_picture = [](const Progress& progress) { return progress.iteration < 20; };
  settings.iterations = 40;
  const Restoration stopped = run(until_a_picture);
  EXPECT_EQ(stopped.iterations, 32);
  EXPECT_TRUE(stopped.stopped);
  settings.iterations = 24;
  const Restoration ended = run(until_a_picture);
  EXPECT_EQ(ended.iterations, 24);
  EXPECT_FALSE(ended.stopped);
  EXPECT_EQ(ended.image.samples, run().image.samples);
}

// Each iteration takes a second of the test's clock, but the first: nobody has told it before that is over.
TEST_F(Fittings, EndWhenTheTimeIsOver) {
  settings.time = 10;
  settings.set["hold_out.share"] = "0";
  int planned = 0;
  const Restoration result = run([&](const Progress& progress) {
    planned = progress.iterations;
    if (progress.iteration > 0) now += 1;
    return true;
  });
  EXPECT_EQ(result.reason, "its 10 seconds are over");
  EXPECT_GE(result.iterations, 8);
  EXPECT_LE(result.iterations, 11);
  EXPECT_EQ(planned, result.iterations + 1);
}

TEST_F(Fittings, TimeDoesNotChangeANumberOfIterationsThatWasAskedFor) {
  settings.time = 1e6;
  settings.iterations = 5;
  const Restoration result = run([&](const Progress& progress) {
    EXPECT_EQ(progress.iterations, 5);
    now += 1;
    return true;
  });
  EXPECT_EQ(result.iterations, 5);
}

TEST_F(Fittings, GoOnFromWhereMoreTimeThanTheirRecipeAsksForHasBroughtThem) {
  settings.set["hold_out.share"] = "0.2";
  settings.set["hold_out.patience"] = "100000";
  settings.set["iterations"] = "20";
  settings.checkpoint = file("fit");
  const ProgressCallback slow = [&](const Progress& progress) {
    if (progress.iteration > 0) now += 1;
    return true;
  };
  settings.time = 40;
  const Restoration longer = run(slow);
  EXPECT_GT(longer.iterations, 30);
  settings.resume = file("fit");
  settings.time = 20;
  const Restoration again = run(slow);
  EXPECT_EQ(again.resumed_from, longer.iterations);
  EXPECT_GT(again.iterations, longer.iterations + 10);
  settings.time = 0;
  const Restoration whole = run(slow);
  EXPECT_EQ(whole.iterations, again.iterations);  // nothing is left to do
  EXPECT_EQ(whole.image.samples, again.image.samples);
}

TEST_F(Fittings, TellWhatTheJudgeFound) {
  settings.iterations = 30;
  settings.set["hold_out.share"] = "0.2";
  observation.classic = &find_method(task, "cubic");
  const Restoration result = run();
  EXPECT_TRUE(result.expected);
  EXPECT_GE(result.best_iteration, 1);
  EXPECT_EQ(result.classic, "cubic");
  EXPECT_GE(result.classic_share, 0);
  EXPECT_LE(result.classic_share, 1);
}

TEST_F(Fittings, SayWhatTheyFitBeforeTheFirstStep) {
  settings.iterations = 1;
  std::string summary;
  std::size_t planned = 0;
  static_cast<void>(run([&](const Progress& progress) {
    summary = progress.summary;
    planned = progress.planned_bytes;
    EXPECT_EQ(progress.width, 32);
    EXPECT_EQ(progress.height, 32);
    return true;
  }));
  EXPECT_EQ(summary.find("a third is missing; network skip of "), 0U) << summary;
  EXPECT_NE(summary.find("recipe inpaint-fast, on cpu ("), std::string::npos) << summary;
  EXPECT_GT(planned, 32 * 32 * sizeof(float));
}

}  // namespace
}  // namespace dipper
