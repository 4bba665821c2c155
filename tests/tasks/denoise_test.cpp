// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

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
  const Image made = find_method(task, "tv").restore(seen, 1);
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += std::pow(made.samples[i] - picture.samples[i], 2);
  EXPECT_NEAR(std::sqrt(sum / 1600) * 255, 9.3, 0.2);  // classic/total_variation.hpp says why not 10
}

TEST_F(Denoise, MethodsThatKnowGaussianNoiseAloneRefusePhotons) {
  picture = Image(16, 16, 1, 0.5F);
  options = {{"noise", "poisson"}, {"sigma", "10"}};
  const Observation seen = run();
  for (const TaskMethod& method : task.methods) EXPECT_THROW((void)method.restore(seen, 1), Error) << method.name;
}

}  // namespace
}  // namespace dipper
