// SPDX-License-Identifier: Apache-2.0
// restore() stopped, and gone on with.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "dipper/dipper.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

class RestoreWithCheckpoints : public test::TemporaryFolder {
 protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    request.input = Image(32, 32, 3);
    for (std::size_t i = 0; i < request.input.samples.size(); ++i) {
      request.input.samples[i] = static_cast<float>(i * 37 % 251) / 255;
    }
    request.options["drop"] = "0.5";
    request.settings.iterations = 20;
    request.settings.checkpoint = file("fit");
  }

  /// Ends the fit after so many iterations.
  [[nodiscard]] Restoration stop_at(int iteration) const {
    return restore(request, [iteration](const Progress& progress) { return progress.iteration < iteration; });
  }

  Request request;
};

/// The judge of a fit must not be told of what only the stopped and the resumed run looked at, nor the spread.
TEST_F(RestoreWithCheckpoints, AStoppedFitGoesOnToTheSameResultAndUncertainty) {
  for (const auto& [side, whole_to] : {std::pair{32, "0.1"}, {96, "0.1"}, {96, "0.005"}}) {  // spread, judge, and parts
    std::filesystem::remove(file("fit"));
    request.input = Image(side, side, 1);
    for (std::size_t i = 0; i < request.input.samples.size(); ++i) {
      request.input.samples[i] = 0.5F + 0.4F * std::sin(0.01F * static_cast<float>(i * i % 997));
    }
    request.settings.quality = "fast";
    request.settings.set["input.whole"] = whole_to;
    request.settings.iterations = 30;
    request.settings.every = 5;
    request.settings.threads = 1;
    request.settings.uncertainty = true;
    request.settings.resume.clear();
    Request plain = request;
    plain.settings.checkpoint.clear();
    const Restoration whole = restore(plain);
    EXPECT_EQ(stop_at(13).iterations, 13);
    request.settings.resume = file("fit");
    EXPECT_EQ(stop_at(22).iterations, 22);
    const Restoration resumed = restore(request);
    EXPECT_EQ(resumed.image.samples, whole.image.samples);
    EXPECT_EQ(resumed.best_iteration, whole.best_iteration);
    ASSERT_TRUE(whole.uncertainty);
    EXPECT_EQ(whole.uncertainty->calibrated, side == 96);
    EXPECT_EQ(resumed.uncertainty->deviation.samples, whole.uncertainty->deviation.samples);
    EXPECT_GT(whole.uncertainty->mean_error, 0);
  }
}

/// Fits in parts draw a better picture at their end.
class RestoreInParts : public RestoreWithCheckpoints {
 protected:
  void SetUp() override {
    RestoreWithCheckpoints::SetUp();
    request.settings.quality = "fast";
    request.settings.set["input.whole"] = "0.005";
    request.settings.threads = 1;
  }

  /// A gray picture.
  void paint(int side) {
    request.input = Image(side, side, 1);
    for (int i = 0; i < side; ++i) {
      for (int j = 0; j < side; ++j) {
        request.input.samples[static_cast<std::size_t>(i) * side + j] =
            0.5F + 0.4F * std::sin(0.1F * static_cast<float>(i + 2 * j));
      }
    }
  }
};

TEST_F(RestoreInParts, ALastPictureThatWasStoppedIsMadeByTheNextRun) {
  paint(300);
  request.settings.set["skip.down"] = "64,64,64";
  request.settings.set["skip.up"] = "64";
  request.settings.iterations = 3;
  request.settings.every = 3;
  Request plain = request;
  plain.settings.checkpoint.clear();
  const Restoration whole = restore(plain);
  const auto no_picture = [](const Progress& progress) { return progress.stage != "picture"; };
  const Restoration stopped = restore(request, no_picture);
  EXPECT_TRUE(stopped.stopped);
  EXPECT_EQ(stopped.iterations, 3);
  EXPECT_NE(stopped.raw.samples, whole.raw.samples);
  request.settings.resume = file("fit");
  const Restoration resumed = restore(request);
  EXPECT_EQ(resumed.raw.samples, whole.raw.samples);
  EXPECT_EQ(resumed.image.samples, whole.image.samples);
  EXPECT_EQ(resumed.resumed_from, 3);
  EXPECT_EQ(resumed.best_iteration, whole.best_iteration);
}

/// By its steps, and by its judge, where what is drawn at the end is better than what went before.
TEST_F(RestoreInParts, AFitThatEndedGoesOnLikeOneThatDidNot) {
  paint(96);
  request.settings.every = 5;
  request.settings.uncertainty = true;
  for (const char* held_out : {"0.1", "0"}) {
    std::filesystem::remove(file("fit"));
    request.settings.set["hold_out.share"] = held_out;
    request.settings.set["schedule.cosine"] = "0";
    request.settings.resume.clear();
    Request plain = request;
    plain.settings.checkpoint.clear();
    plain.settings.iterations = 25;
    const Restoration whole = restore(plain);
    request.settings.iterations = 15;
    const Restoration ended = restore(request);
    EXPECT_NE(ended.raw.samples, whole.raw.samples);
    request.settings.resume = file("fit");
    const Restoration again = restore(request);
    EXPECT_EQ(again.raw.samples, ended.raw.samples);
    EXPECT_EQ(again.image.samples, ended.image.samples);
    EXPECT_EQ(again.best_iteration, ended.best_iteration);
    request.settings.iterations = 25;
    const Restoration resumed = restore(request);
    EXPECT_EQ(resumed.raw.samples, whole.raw.samples);
    EXPECT_EQ(resumed.image.samples, whole.image.samples);
    EXPECT_EQ(resumed.best_iteration, whole.best_iteration);
    ASSERT_EQ(resumed.uncertainty.has_value(), whole.uncertainty.has_value());
    if (whole.uncertainty) {
      EXPECT_EQ(resumed.uncertainty->deviation.samples, whole.uncertainty->deviation.samples);
    }
  }
}

TEST_F(RestoreInParts, WhatTheJudgeHasEndedStaysSo) {
  paint(96);
  request.settings.iterations.reset();
  request.settings.set["iterations"] = "400";
  request.settings.set["work"] = "0";
  request.settings.set["hold_out.patience"] = "20";
  request.settings.set["adam.rate"] = "0.00001";
  request.settings.every = 5;
  const Restoration ended = restore(request);
  EXPECT_LT(ended.iterations, 400);
  EXPECT_NE(ended.reason, "");
  request.settings.resume = file("fit");
  const Restoration resumed = restore(request);
  EXPECT_EQ(resumed.iterations, ended.iterations);
  EXPECT_EQ(resumed.reason, ended.reason);
  EXPECT_EQ(resumed.image.samples, ended.image.samples);
}

TEST_F(RestoreWithCheckpoints, AStoppedFitGoesOnToTheSamePictures) {
  Request plain = request;
  plain.settings.checkpoint.clear();
  const Restoration whole = restore(plain);
  EXPECT_TRUE(whole.checkpoint.empty());
  EXPECT_EQ(stop_at(7).checkpoint, file("fit"));
  request.settings.resume = file("fit");
  EXPECT_EQ(stop_at(13).iterations, 13);
  std::vector<int> calls;
  const Restoration resumed = restore(request, [&calls](const Progress& progress) {
    calls.push_back(progress.iteration);
    EXPECT_EQ(progress.resumed_from, 13);
    EXPECT_GT(progress.loss, 0);
    EXPECT_EQ(progress.note, "");
    return true;
  });
  EXPECT_EQ(resumed.image.samples, whole.image.samples);
  EXPECT_EQ(resumed.raw.samples, whole.raw.samples);
  EXPECT_EQ(resumed.psnr, whole.psnr);
  EXPECT_EQ(resumed.iterations, 20);
  EXPECT_EQ(resumed.resumed_from, 13);
  EXPECT_EQ(calls, (std::vector<int>{13, 14, 15, 16, 17, 18, 19, 20}));
  // The last state was kept: there is nothing left to do, or more than before.
  const Restoration again = restore(request);
  EXPECT_EQ(again.image.samples, whole.image.samples);
  EXPECT_EQ(again.resumed_from, 20);
  request.settings.iterations = 25;
  EXPECT_EQ(restore(request).iterations, 25);
}

TEST_F(RestoreWithCheckpoints, SpeedIsThatOfThisRun) {
  static_cast<void>(stop_at(15));
  request.settings.resume = file("fit");
  static_cast<void>(restore(request, [](const Progress& progress) {
    const int done = progress.iteration - 15;
    // The seconds hold what comes before the fit too.
    EXPECT_GE(progress.iterations_per_second, done > 0 ? done / progress.seconds : 0);
    EXPECT_EQ(progress.iterations_per_second > 0, done > 0);
    return true;
  }));
}

TEST_F(RestoreWithCheckpoints, CheckpointsComeWhenDueAndAtTheEndWhenAsked) {
  request.settings.checkpoint_at_end = false;
  EXPECT_TRUE(restore(request).checkpoint.empty());  // a minute has not passed
  EXPECT_EQ(names(), std::vector<std::string>{});
  request.settings.checkpoint_every = 0;
  EXPECT_EQ(restore(request).checkpoint, file("fit"));
  EXPECT_EQ(names(), (std::vector<std::string>{"fit", "fit.1"}));
  EXPECT_EQ(checkpoint_files(file("fit")), (std::vector<std::filesystem::path>{file("fit"), file("fit.1")}));
  request.settings.resume = file("fit");
  EXPECT_EQ(restore(request).resumed_from, 19);
}

TEST_F(RestoreWithCheckpoints, ACheckpointThatCannotBeWrittenCostsNoFit) {
  std::filesystem::create_directory(file("folder"));
  request.settings.checkpoint = file("folder") / "fit";
  request.settings.checkpoint_every = 0;
  std::string note;
  const Restoration result = restore(request, [&](const Progress& progress) {
    if (progress.iteration == 1) std::filesystem::remove_all(file("folder"));
    note = progress.note.empty() ? note : progress.note;
    return true;
  });
  EXPECT_EQ(result.iterations, 20);
  EXPECT_TRUE(note.starts_with("there is no checkpoint of iteration 19: there is no folder ")) << note;
  EXPECT_TRUE(result.note.starts_with("there is no checkpoint of iteration 20: ")) << result.note;
}

TEST_F(RestoreWithCheckpoints, WhatCannotBeIsRefused) {
  static_cast<void>(stop_at(2));
  request.settings.resume = file("fit");
  request.options["drop"] = "0.4";
  EXPECT_THROW(static_cast<void>(restore(request)), Error);
  request.options["drop"] = "0.5";
  EXPECT_NO_THROW(static_cast<void>(stop_at(3)));
  request.settings.checkpoint_every = -1;
  EXPECT_THROW(static_cast<void>(restore(request)), Error);
  request.settings.checkpoint_every = 0;
  request.settings.resume = file("none");
  EXPECT_THROW(static_cast<void>(restore(request)), Error);
  request.settings.resume.clear();
  request.settings.checkpoint = file("none") / "fit";
  EXPECT_THROW(static_cast<void>(restore(request)), Error);
  request.settings.checkpoint = file("fit");
  request.method = "linear";
  EXPECT_THROW(static_cast<void>(restore(request)), Error);
}

}  // namespace
}  // namespace dipper
