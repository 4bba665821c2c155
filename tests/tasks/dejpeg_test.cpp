// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "image/codec.hpp"
#include "tasks/task_run.hpp"

namespace dipper {
namespace {

class Dejpeg : public TaskRun {
 protected:
  Dejpeg() : TaskRun(find_task("dejpeg")) {}
};

TEST_F(Dejpeg, TakesARecipeThatNeedsNoBlocksWhereThereAreNone) {
  const Observation seen = run();
  EXPECT_FALSE(seen.damage_again);
  ASSERT_NE(seen.recipes, nullptr);
  EXPECT_STREQ(seen.recipes->balanced, "small-balanced");
  EXPECT_EQ(find_method(task, "bm3d").restore(seen, 1, Patience::endless()).samples, picture.samples);
}

/// Waves, coded coarsely.
TEST_F(Dejpeg, KnowsHowThePictureWasCoded) {
  picture = Image(96, 80, 3);
  for (std::size_t i = 0; i < picture.samples.size(); ++i) {
    const auto row = static_cast<double>(i % picture.plane_size() / 96);
    const auto column = static_cast<double>(i % 96);
    picture.samples[i] = static_cast<float>(0.5 + 0.2 * std::sin(0.03 * row * column) * std::cos(0.2 * column));
  }
  const Image truth = picture;
  picture = decode_jpeg(encode_jpeg(truth, {.quality = 20, .halve_chroma = true}));
  const Observation seen = run();
  EXPECT_EQ(seen.recipes, nullptr);
  EXPECT_NE(seen.summary.find("colours at half the size"), std::string::npos) << seen.summary;
  EXPECT_GT(psnr(seen.damage_again(truth, 0), picture), psnr(truth, picture) + 5);  // by the same blocks
  EXPECT_LT(psnr(seen.damage_again(truth, 1), picture), psnr(truth, picture) + 2);  // and by others
  EXPECT_GT(psnr(seen.agree(Image(96, 80, 3, 0.5F)), truth), psnr(Image(96, 80, 3, 0.5F), truth) + 3);
  picture.samples[0] = 1.5F;  // no JPEG has that
  EXPECT_FALSE(run().damage_again);
}

TEST_F(Dejpeg, CountsEveryPixelAndMakesAllAnew) {
  const Observation seen = run();
  EXPECT_EQ(seen.weights, std::vector<float>(48, 1.0F));
  EXPECT_FALSE(seen.keeps_known);
  EXPECT_FALSE(seen.observed_by);
  EXPECT_EQ(seen.damaged.samples, picture.samples);
}

TEST_F(Dejpeg, HasNoOptions) {
  options["quality"] = "10";
  EXPECT_EQ(error(), "dejpeg has no option \"quality\"");
}

}  // namespace
}  // namespace dipper
