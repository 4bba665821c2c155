// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "tasks/task_run.hpp"

namespace dipper {
namespace {

class Deblur : public TaskRun {
 protected:
  Deblur() : TaskRun(find_task("deblur")) {}
};

TEST_F(Deblur, EveryKernelHasItsAdjoint) {
  Image file(3, 5, 1, 0.0F);
  for (std::size_t i = 0; i < file.samples.size(); ++i) file.samples[i] = static_cast<float>(i * i % 7) / 7;
  for (int which = 0; which < 3; ++which) {
    options.clear();
    pictures.clear();
    if (which == 0) options["gaussian"] = "1.2";
    if (which == 1) options["motion"] = "5,30";
    if (which == 2) pictures["kernel"] = file;
    const AdjointSums sums = adjoint_sums(run());
    EXPECT_NEAR(sums.forward, sums.backward, 1e-10) << which;
    EXPECT_NE(sums.forward, 0) << which;
  }
}

/// A kernel whose light lies right of its middle moves what is seen to the right.
TEST_F(Deblur, TheKernelIsWhatAPointOfLightBecomes) {
  Image file(3, 1, 1, 0.0F);
  file.samples[2] = 1;
  pictures["kernel"] = file;
  picture = Image(5, 3, 1, 0.5F);
  const Observation seen = run();
  LayerRun<double> layer{filter_on(*seen.observed_by, {1, 5, 7}, {1, 1, 3, 5}, {1, 3, 5})};
  std::fill(layer.x[0].begin(), layer.x[0].end(), 0.0);
  layer.x[0][2 * 7 + 3] = 1;  // row 1, column 2 of the picture
  layer.forward(*ref::make_layer<double>(layer.desc));
  for (int i = 0; i < 15; ++i) EXPECT_EQ(layer.y[i], i == 1 * 5 + 3 ? 1 : 0) << i;
}

TEST_F(Deblur, TellsWhatItTakesTheKernelFor) {
  pictures["kernel"] = Image(6, 5, 1, 0.5F);
  EXPECT_EQ(run().summary, "blurred by the kernel of 6x5, scaled to the sum 1, its middle in column 4 and row 3");
  // So a kernel of light in that pixel alone blurs nothing.
  pictures["kernel"] = Image(6, 5, 1, 0.0F);
  pictures["kernel"].samples[2 * 6 + 3] = 0.5F;
  const LinearOperator op = *run().observed_by;
  for (int row = 0; row < op.kernel.rows; ++row) {
    for (int column = 0; column < op.kernel.columns; ++column) {
      const bool here = op.first_row + row == 0 && op.first_column + column == 0;
      EXPECT_EQ(op.kernel.weights[static_cast<std::size_t>(row * op.kernel.columns + column)], here ? 1 : 0);
    }
  }
}

TEST_F(Deblur, ReadsBeyondThePictureAsFarAsItsKernelReaches) {
  options["motion"] = "9,0";
  const Observation seen = run();
  EXPECT_EQ(reach(*seen.observed_by), seen.observed_by->kernel.columns / 2);
  EXPECT_TRUE(seen.observed_by->reads_beyond);
}

TEST_F(Deblur, WantsOneKernel) {
  const std::string sentence = "say how the picture is blurred with exactly one of --gaussian, --motion and --kernel";
  EXPECT_EQ(error(), sentence);
  options = {{"gaussian", "2"}, {"motion", "5,30"}};
  EXPECT_EQ(error(), sentence);
  options = {{"motion", "5"}};
  EXPECT_NE(error().find("--motion"), std::string::npos);
  options.clear();
  pictures["kernel"] = Image(3, 3, 1, 0.0F);
  EXPECT_NE(error(), "no error");
}

TEST_F(Deblur, BlursOtherPicturesAlike) {
  options["motion"] = "3,0";
  picture = Image(9, 1, 1, 0.0F);
  picture.samples[4] = 0.6F;
  const Observation seen = run();
  const Image again = seen.damage_again(picture, 5);
  for (int j = 0; j < 9; ++j) EXPECT_NEAR(again.samples[j], std::abs(j - 4) <= 1 ? 0.2F : 0, 0.01F) << j;
  EXPECT_EQ(seen.recipes, nullptr);
  picture.samples[4] = 2;
  EXPECT_STREQ(run().recipes->best, "small");
}

/// A kernel that lies to one side moves the picture, and so the method has to move it back.
TEST_F(Deblur, TotalVariationUndoesTheKernel) {
  Image file(5, 1, 1, 0.0F);
  file.samples = {0, 0, 0.2F, 0.5F, 0.3F};
  pictures["kernel"] = file;
  Image truth(40, 30, 1);
  for (std::size_t i = 0; i < truth.samples.size(); ++i) truth.samples[i] = i % 40 / 7 % 2 == 0 ? 0.2F : 0.8F;
  picture = truth;
  const Image blurred = run().damage_again(truth, 0);
  picture = blurred;
  EXPECT_GT(psnr(find_method(task, "tv").restore(run(), 1, Patience::endless()), truth), psnr(blurred, truth) + 10);
}

}  // namespace
}  // namespace dipper
