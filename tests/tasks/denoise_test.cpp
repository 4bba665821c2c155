// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "damage/degrade.hpp"
#include "image/noise.hpp"
#include "tasks/task_run.hpp"

namespace dipper {
namespace {

class Denoise : public TaskRun {
 protected:
  Denoise() : TaskRun(find_task("denoise")) {}
};

TEST_F(Denoise, CountsEveryPixelAndMakesAllAnew) {
  const Observation seen = run();
  EXPECT_EQ(seen.weights, std::vector<float>(48, 1.0F));
  EXPECT_FALSE(seen.keeps_known);
  EXPECT_FALSE(seen.observed_by);
}

TEST_F(Denoise, TakesTheNoiseThatItIsTold) {
  options["sigma"] = "25";
  EXPECT_DOUBLE_EQ(run().noise.sigma(), 25.0 / 255);
  EXPECT_EQ(run().summary, "Gaussian noise of sigma 25.0");
}

TEST_F(Denoise, EstimatesTheNoiseOtherwise) {
  picture = Image(96, 96, 1);
  const std::vector<double> values = random_values(96 * 96, 3);  // uniform in [-1, 1): sigma 1 / sqrt(3)
  for (std::size_t i = 0; i < values.size(); ++i) picture.samples[i] = static_cast<float>(0.5 + 0.1 * values[i]);
  EXPECT_NEAR(run().noise.sigma(), 0.1 / std::sqrt(3.0), 0.012);
  EXPECT_NE(run().summary.find("(estimated)"), std::string::npos);
}

TEST_F(Denoise, TellsWhetherTheNoiseWasClipped) {
  options["sigma"] = "25";
  const auto truth_of = [this](float mean) {
    run().noise.to_truth({&mean, 1}, true);
    return mean;
  };
  picture = Image(64, 64, 1, 0.02F);
  add_normal_noise(picture, 25.0 / 255, {1, Stream::noise});
  EXPECT_EQ(truth_of(0.05F), 0.05F);
  for (float& sample : picture.samples) sample = std::max(0.0F, sample);
  EXPECT_NEAR(truth_of(0.05F), 0.02, 0.003);
  EXPECT_NEAR(truth_of(0.9F), 0.9, 1e-4);
}

TEST_F(Denoise, ShowsPhotonsWithNoiseThatIsAlikeEverywhere) {
  picture = Image(64, 64, 4, 0.2F);
  std::fill_n(picture.plane(1).begin(), 4096, 0.7F);
  std::fill_n(picture.plane(3).begin(), 4096, 0.5F);
  add_photon_noise(picture, 50, {1, Stream::photons});
  options["noise"] = "poisson";
  const Observation seen = run();
  for (int c = 0; c < 3; ++c) {
    Image plane(64, 64, 1);
    std::ranges::copy(seen.damaged.plane(c), plane.samples.begin());
    EXPECT_NEAR(estimate_noise(plane) / seen.noise.sigma(), 1, 0.1) << c;
  }
  EXPECT_EQ(seen.damaged.plane(3)[0], 0.5F);
  EXPECT_EQ(seen.like().samples, picture.samples);
  EXPECT_EQ(seen.recipes, nullptr);
}

TEST_F(Denoise, PhotonsAreNeverNegative) {
  options["noise"] = "poisson";
  picture.samples[7] = -0.1F;
  EXPECT_EQ(error(), "some pixels are below 0, which counted photons never are; use --noise gaussian");
}

TEST_F(Denoise, RefusesWhatItDoesNotKnow) {
  options["noise"] = "gausian";
  EXPECT_EQ(error(), "--noise is \"gausian\" but must be gaussian or poisson (did you mean gaussian?)");
  options = {{"sigma", "-1"}};
  EXPECT_NE(error().find("--sigma"), std::string::npos);
}

TEST_F(Denoise, LeastVariationIsNearlyAsFarFromThePictureAsItsNoise) {
  picture = Image(40, 40, 1);
  const std::vector<double> values = random_values(1600, 5);
  for (std::size_t i = 0; i < values.size(); ++i) picture.samples[i] = static_cast<float>(0.5 + 0.1 * values[i]);
  options["sigma"] = "10";
  const Observation seen = run();
  const Image made = find_method(task, "tv").restore(seen, 1, Patience::endless());
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += std::pow(made.samples[i] - picture.samples[i], 2);
  EXPECT_NEAR(std::sqrt(sum / 1600) * 255, 9.3, 0.2);  // classic/total_variation.hpp says why not 10
}

TEST_F(Denoise, ASigmaOfPhotonsHoldsAtThePicturesMean) {
  picture = Image(16, 16, 1, 0.25F);
  std::fill_n(picture.samples.begin(), 128, 0.75F);
  options = {{"noise", "poisson"}, {"sigma", "25.5"}};
  const Observation seen = run();
  EXPECT_NEAR(seen.noise.sigma(), PhotonScale(0.02, 1).sigma(), 1e-9);
  EXPECT_EQ(seen.summary, "Poisson noise of sigma 25.5 at the picture's mean, 50 photons at white");
  picture = Image(16, 16, 1);
  const Observation dark = run();
  EXPECT_EQ(dark.summary, "Poisson noise of sigma 0.0 at the picture's mean");
  EXPECT_EQ(dark.noise.sigma(), 0);
  EXPECT_EQ(dark.damaged.samples, picture.samples);
}

TEST_F(Denoise, EstimatesPhotonsOtherwise) {
  picture = Image(96, 96, 3, 0.4F);
  add_photon_noise(picture, 60, {1, Stream::photons});
  options["noise"] = "poisson";
  const Observation seen = run();
  EXPECT_NEAR(seen.noise.sigma(), PhotonScale(1.0 / 60, 1).sigma(), 0.005);
  EXPECT_NE(seen.summary.find(" photons at white (estimated)"), std::string::npos) << seen.summary;
}

// Half of the picture is dark, and so has a third of the other's noise: what is taken away there is less.
TEST_F(Denoise, MethodsTakeWhatPhotonsMakeOfEachBrightness) {
  picture = Image(64, 64, 1, 0.09F);
  std::fill_n(picture.samples.begin(), 2048, 0.81F);
  const Image clean = picture;
  add_photon_noise(picture, 100, {1, Stream::photons});
  options["noise"] = "poisson";
  const Observation seen = run();
  for (const TaskMethod& method : task.methods) {
    Image made = method.restore(seen, 1, Patience::endless());
    seen.noise.to_truth(made.samples, true);
    double taken[2] = {};
    for (std::size_t i = 0; i < 4096; ++i) taken[i / 2048] += std::pow(made.samples[i] - picture.samples[i], 2) / 2048;
    EXPECT_NEAR(std::sqrt(taken[0]), 0.09, 0.012) << method.name;
    EXPECT_NEAR(std::sqrt(taken[1]), 0.03, 0.006) << method.name;
    EXPECT_GT(psnr(made, clean), psnr(picture, clean) + 8) << method.name;
  }
}

}  // namespace
}  // namespace dipper
