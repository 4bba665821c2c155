// SPDX-License-Identifier: Apache-2.0
#include "fit/input.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "dipper/error.hpp"

namespace dipper {
namespace {

class Inputs : public testing::Test {
 protected:
  void SetUp() override {
    recipe.input_kind = "normal";
    recipe.input_scale = 1;
    recipe.input_noise = "none";
  }

  Input make(const Shape& shape) {
    z.assign(shape.size(), -1.0F);
    buffer = Buffer(*backend, z.data(), z.size());
    return {recipe, 5, *backend, shape, buffer, layout, guide};
  }
  void before(Input& input, std::uint64_t step) {
    backend->begin_step({.number = step});
    EXPECT_EQ(input.before(), recipe.input_noise == "fresh");
  }
  void after(Input& input, std::uint64_t step) {
    backend->begin_step({.number = step});
    EXPECT_EQ(input.after(), recipe.input_noise == "walk");
  }

  Recipe recipe = load_recipe("small");
  std::unique_ptr<Backend> backend = make_cpu_backend(1);
  Layout layout{{1, 30, 32}, 0, recipe};  // a row of the canvas above and below the picture
  std::vector<float> guide;
  std::vector<float> z;
  Buffer buffer;
};

TEST_F(Inputs, UniformLiesBetweenZeroAndItsScale) {
  recipe.input_kind = "uniform";
  recipe.input_scale = 0.1;
  (void)make({4, 32, 32});
  const auto [least, most] = std::ranges::minmax(z);
  EXPECT_TRUE(least >= 0 && least < 0.001F && most <= 0.1F && most > 0.099F) << least << " " << most;
}

TEST_F(Inputs, MeshIsTheCoordinates) {
  recipe.input_kind = "mesh";
  (void)make({2, 3, 5});
  EXPECT_EQ(z[0], 0);
  EXPECT_EQ(z[2], 0.5F);
  EXPECT_EQ(z[4], 1);
  EXPECT_EQ(z[15 + 5], 0.5F);
  EXPECT_EQ(z[29], 1);
  EXPECT_EQ(Input::channels(recipe, 0), 2);
}

TEST_F(Inputs, PictureIsMirroredOntoTheCanvas) {
  recipe.input_kind = "picture";
  guide.resize(2 * 30 * 32);
  for (std::size_t i = 0; i < guide.size(); ++i) guide[i] = static_cast<float>(i);
  (void)make({2, 32, 32});
  EXPECT_EQ(z[32], guide[0]);
  EXPECT_EQ(z[0], guide[32]);
  EXPECT_EQ(z[32 * 32 + 32], guide[30 * 32]);
  EXPECT_EQ(Input::channels(recipe, 2), 2);
  EXPECT_THROW((void)Input::channels(recipe, 0), Error);
  EXPECT_THROW((void)make({2, 1, 1}), Error);
}

TEST_F(Inputs, AGuideIsTheLastOfWhatIsObserved) {
  recipe.input_kind = "observed";
  guide.resize(2 * 30 * 32);
  for (std::size_t i = 0; i < guide.size(); ++i) guide[i] = static_cast<float>(i);
  (void)make({5, 32, 32});
  EXPECT_TRUE(std::all_of(z.begin(), z.begin() + 3 * 1024, [](float value) { return value == -1; }));
  EXPECT_EQ(z[3 * 1024 + 32], guide[0]);
  EXPECT_EQ(z[3 * 1024], guide[32]);
  EXPECT_EQ(z[4 * 1024 + 32], guide[30 * 32]);
}

TEST_F(Inputs, FreshNoiseStartsFromTheSameInputInEachStep) {
  recipe.input_noise = "fresh";
  recipe.input_noise_scale = 0.5;
  Input input = make({1, 32, 32});
  const std::vector<float> still = z;
  before(input, 0);
  const std::vector<float> first = z;
  after(input, 0);
  before(input, 1);
  const std::vector<float> second = z;
  before(input, 0);
  EXPECT_EQ(z, first);
  EXPECT_NE(first, second);
  double square = 0;
  for (std::size_t i = 0; i < z.size(); ++i) square += std::pow(second[i] - still[i], 2);
  EXPECT_NEAR(std::sqrt(square / static_cast<double>(z.size())), 0.5, 0.04);
}

TEST_F(Inputs, AWalkGoesOnFromWhereItIs) {
  recipe.input_noise = "walk";
  recipe.input_noise_scale = 0.5;
  Input input = make({1, 32, 32});
  const std::vector<float> start = z;
  before(input, 0);
  EXPECT_EQ(z, start);
  after(input, 0);
  const std::vector<float> first = z;
  EXPECT_NE(first, start);
  before(input, 1);
  after(input, 1);
  double square = 0;
  for (std::size_t i = 0; i < z.size(); ++i) square += std::pow(z[i] - start[i], 2);
  EXPECT_NEAR(square / static_cast<double>(z.size()), 2 * 0.25, 0.08);
}

}  // namespace
}  // namespace dipper
