// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "damage/degrade.hpp"
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
  EXPECT_EQ(seen.error, ErrorKind::squared);
}

TEST_F(Denoise, TakesTheNoiseThatItIsTold) {
  options["sigma"] = "25";
  EXPECT_DOUBLE_EQ(run().noise, 25.0 / 255);
  EXPECT_EQ(run().summary, "Gaussian noise of sigma 25.0");
}

TEST_F(Denoise, EstimatesTheNoiseOtherwise) {
  picture = Image(96, 96, 1);
  const std::vector<double> values = random_values(96 * 96, 3);  // uniform in [-1, 1): sigma 1 / sqrt(3)
  for (std::size_t i = 0; i < values.size(); ++i) picture.samples[i] = static_cast<float>(0.5 + 0.1 * values[i]);
  EXPECT_NEAR(run().noise, 0.1 / std::sqrt(3.0), 0.012);
  EXPECT_NE(run().summary.find("(estimated)"), std::string::npos);
}

TEST_F(Denoise, TellsWhetherTheNoiseWasClipped) {
  options["sigma"] = "25";
  EXPECT_FALSE(run().clipping);
  picture = Image(64, 64, 1, 0.02F);
  add_normal_noise(picture, 25.0 / 255, {1, Stream::noise});
  EXPECT_FALSE(run().clipping);
  for (float& sample : picture.samples) sample = std::max(0.0F, sample);
  const Observation seen = run();
  ASSERT_TRUE(seen.clipping);
  std::vector<float> colours = {static_cast<float>(seen.clipping->mean(0.02)), 0.9F};
  undo_clipping(seen, colours);
  EXPECT_NEAR(colours[0], 0.02, 1e-4);
  EXPECT_NEAR(colours[1], 0.9, 1e-4);
}

TEST_F(Denoise, HoldsPhotonsAgainstTheirOwnLikelihood) {
  options["noise"] = "poisson";
  EXPECT_EQ(run().error, ErrorKind::poisson);
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
  EXPECT_NEAR(seen.gain, 0.02, 1e-9);
  EXPECT_NEAR(seen.noise, 0.1, 1e-9);
  EXPECT_EQ(seen.summary, "Poisson noise of sigma 25.5 at the picture's mean, 50 photons at white");
  picture = Image(16, 16, 1);
  EXPECT_EQ(run().summary, "Poisson noise of sigma 0.0 at the picture's mean");
}

TEST_F(Denoise, EstimatesPhotonsOtherwise) {
  picture = Image(96, 96, 3, 0.4F);
  add_photon_noise(picture, 60, 1);
  options["noise"] = "poisson";
  const Observation seen = run();
  EXPECT_NEAR(60 * seen.gain, 1, 0.05);
  EXPECT_NEAR(seen.noise, std::sqrt(0.4 / 60), 0.003);
  EXPECT_NE(seen.summary.find(" photons at white (estimated)"), std::string::npos) << seen.summary;
}

// Half of the picture is dark, and so has a third of the other's noise: what is taken away there is less.
TEST_F(Denoise, MethodsTakeWhatPhotonsMakeOfEachBrightness) {
  picture = Image(64, 64, 1, 0.09F);
  std::fill_n(picture.samples.begin(), 2048, 0.81F);
  const Image clean = picture;
  add_photon_noise(picture, 100, 1);
  options["noise"] = "poisson";
  const Observation seen = run();
  for (const TaskMethod& method : task.methods) {
    const Image made = method.restore(seen, 1, Patience::endless());
    double taken[2] = {};
    for (std::size_t i = 0; i < 4096; ++i) taken[i / 2048] += std::pow(made.samples[i] - picture.samples[i], 2) / 2048;
    EXPECT_NEAR(std::sqrt(taken[0]), 0.09, 0.012) << method.name;
    EXPECT_NEAR(std::sqrt(taken[1]), 0.03, 0.006) << method.name;
    EXPECT_GT(psnr(made, clean), psnr(picture, clean) + 8) << method.name;
  }
}

}  // namespace
}  // namespace dipper
