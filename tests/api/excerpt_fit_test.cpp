// SPDX-License-Identifier: Apache-2.0
// restore() where the fit sees an excerpt of a picture with a hole.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "api/waves.hpp"
#include "dipper/dipper.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

constexpr int width = 240;
constexpr int height = 160;
constexpr int top = 60;
constexpr int left = 100;
constexpr int side = 40;

bool is_in_hole(std::size_t pixel) {
  const int i = static_cast<int>(pixel) / width - top;
  const int j = static_cast<int>(pixel) % width - left;
  return i >= 0 && i < side && j >= 0 && j < side;
}

/// Soft waves with a hole of 40x40 pixels, and a small network of the recipe that holes have.
class RestoreExcerpt : public test::TemporaryFolder {
 protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    truth = Image(width, height, 3);
    truth.sample = SampleType::f32;
    Image mask(width, height, 1);
    for (std::size_t at = 0; at < truth.plane_size(); ++at) {
      const auto i = static_cast<float>(at / width);
      const auto j = static_cast<float>(at % width);
      for (int c = 0; c < 3; ++c)
        truth.plane(c)[at] = 0.5F + 0.3F * std::sin(0.05F * i - 0.06F * j + static_cast<float>(c));
      mask.samples[at] = is_in_hole(at) ? 1 : 0;
    }
    request.input = truth;
    for (std::size_t at = 0; at < truth.plane_size(); ++at) {
      for (int c = 0; c < 3 && is_in_hole(at); ++c) request.input.plane(c)[at] = c == 0 ? 1 : 0;
    }
    request.pictures["mask"] = mask;
    request.settings.quality = "fast";
    request.settings.device = "cpu";
    request.settings.threads = 1;
    request.settings.iterations = 120;
    request.settings.set = {{"skip.down", "16,16,16,16"}, {"skip.up", "16"}, {"skip.down_kernel", "3"}};
  }

  [[nodiscard]] double psnr_of_hole(const Image& picture) const {
    double sum = 0;
    for (std::size_t at = 0; at < truth.plane_size(); ++at) {
      for (int c = 0; c < 3 && is_in_hole(at); ++c) sum += std::pow(picture.plane(c)[at] - truth.plane(c)[at], 2.0);
    }
    return -10 * std::log10(sum / (3.0 * side * side));
  }

  Request request;
  Image truth;
};

TEST_F(RestoreExcerpt, FillsTheHoleAndLeavesAllElse) {
  for (const auto& [most, seen] : {std::pair{"0.01", "it sees 100x100+70+30 of the picture"},
                                   {"0.0036", "it sees 80x80+80+40 of the picture, as 60x60 pixels"},
                                   {"1", ""}}) {
    SCOPED_TRACE(most);
    request.settings.set["input.most"] = most;
    std::string summary;
    const Restoration result = restore(request, [&](const Progress& progress) {
      summary = progress.summary;
      return true;
    });
    EXPECT_EQ(summary.find("it sees ") != std::string::npos, *seen != '\0') << summary;
    EXPECT_NE(summary.find(seen), std::string::npos) << summary;
    EXPECT_GT(psnr_of_hole(result.image), 30);
    for (std::size_t at = 0; at < truth.plane_size(); ++at) {
      if (is_in_hole(at)) continue;
      for (int c = 0; c < 3; ++c) ASSERT_EQ(result.image.plane(c)[at], truth.plane(c)[at]);
    }
  }
}

TEST_F(RestoreExcerpt, TakesTheMemoryOfWhatItSees) {
  request.settings.iterations = 1;
  request.settings.set["input.most"] = "0";
  request.settings.max_memory = 5e6;
  EXPECT_THROW((void)restore(request), Error);
  request.settings.set["input.most"] = "0.004";
  EXPECT_EQ(restore(request).iterations, 1);
}

TEST_F(RestoreExcerpt, TakesTheStepsOfWhatItSees) {
  request.settings.iterations.reset();
  request.settings.set["iterations"] = "40";
  request.settings.set["work"] = "0.2";  // megapixels
  request.settings.set["input.most"] = "0.005";
  EXPECT_EQ(restore(request).iterations, 39);
  request.settings.set["input.most"] = "0";
  EXPECT_EQ(restore(request).iterations, 10);
}

TEST_F(RestoreExcerpt, GoesOnFromACheckpointToTheSameResult) {
  request.settings.iterations = 12;
  request.settings.every = 5;
  request.settings.set["input.most"] = "0.0036";
  const Restoration whole = restore(request);
  request.settings.checkpoint = file("fit");
  const Restoration stopped = restore(request, [](const Progress& progress) { return progress.iteration < 7; });
  EXPECT_EQ(stopped.iterations, 7);
  request.settings.resume = file("fit");
  const Restoration resumed = restore(request);
  EXPECT_EQ(resumed.resumed_from, 7);
  EXPECT_EQ(resumed.image.samples, whole.image.samples);
}

}  // namespace
}  // namespace dipper
