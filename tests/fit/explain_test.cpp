// SPDX-License-Identifier: Apache-2.0
#include "fit/explain.hpp"

#include <gtest/gtest.h>

#include "fit/fit.hpp"
#include "kernels/backend.hpp"

namespace dipper {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Program::Timed some_convolution() {
  const Conv2dDesc desc{.input = {8, 32, 32}, .out_channels = 16, .kernel = 3, .padding = 1};
  Program::Timed layer{.name = "first", .desc = desc};
  layer.seconds = {1e-3, 2e-3, 0};
  layer.choices[0] = {.kernel = "winograd", .flops = 5e7, .cost = 2.5e7};
  layer.choices[1] = {.kernel = "rows", .flops = 5e7, .cost = 1e8};
  return layer;
}

TEST(Explain, TellsModelTimeAndShareOfThePeak) {
  const std::string text = explain({some_convolution()}, {}, 100);
  // 2.5e7 operations at 100 GFLOP/s take 0.25 ms; 5e7 in 1 ms are 50 GFLOP/s.
  EXPECT_TRUE(has(text, "forward              winograd      0.250     1.000    50 %  first: conv2d 8->16")) << text;
  EXPECT_TRUE(has(text, "backward parameters  rows          1.000     2.000    25 %  first")) << text;
  EXPECT_FALSE(has(text, "backward inputs  ")) << text;  // nobody wants it: it did not run
  EXPECT_TRUE(has(text, "0.10 GFLOP by the direct method at a peak of 100 GFLOP/s: 3.00 times the ideal time")) << text;
}

TEST(Explain, LeavesOutThePeakWhereNoneIsKnown) {
  Program::Timed convolution = some_convolution();
  convolution.choices = {};  // as of a backend that does not count its operations
  for (const double peak : {0.0, 100.0}) {
    const std::string text = explain({convolution}, {}, peak);
    EXPECT_TRUE(has(text, "of which convolutions 3.00 ms")) << text;
    EXPECT_TRUE(has(text, "together 3.00 ms")) << text;
    EXPECT_FALSE(has(text, "ideal")) << text;
    EXPECT_FALSE(has(text, "inf")) << text;
    EXPECT_FALSE(has(text, "nan")) << text;
  }
}

TEST(Explain, SumsByKindOfLayer) {
  Program::Timed norm{.name = "norm", .desc = BatchNormDesc{.input = {8, 32, 32}}};
  norm.seconds = {5e-4, 0, 25e-5};
  const std::string text = explain({some_convolution(), norm, some_convolution()}, {}, 100);
  EXPECT_TRUE(has(text, "conv2d                    2.000                4.000            0.000\n")) << text;
  EXPECT_TRUE(has(text, "batch_norm                0.500                0.000            0.250\n")) << text;
}

TEST(Explain, TellsTheMemory) {
  MemoryPlan plan;
  plan.bytes = 3'000'000;
  plan.floor = 2'500'000;
  plan.tensors = 9'000'000;
  const std::string text = explain({some_convolution()}, plan, 100);
  EXPECT_TRUE(has(text, "3.0 MB")) << text;
  EXPECT_TRUE(has(text, "2.5 MB")) << text;
  EXPECT_TRUE(has(text, "9.0 MB")) << text;
}

TEST(Explain, MeasuringLeavesTheFitAsItWas) {
  const Shape shape{3, 64, 64};
  const std::vector<float> target(shape.size(), 0.5F);
  const std::vector<float> weights(shape.plane(), 1.0F);
  Recipe recipe = load_recipe("quick");
  set_value(recipe, "iterations", "2");
  const auto backend = make_cpu_backend(1);
  Fit plain({shape, target, weights}, recipe, *backend, 7);
  Fit measured({shape, target, weights}, recipe, *backend, 7);
  const auto layers = measured.measure(2, 60);
  EXPECT_TRUE(has(explain(layers, measured.memory(), backend->measure_peak()), "conv2d"));
  for (int i = 0; i < 2; ++i) {
    measured.step();
    plain.step();
    EXPECT_EQ(measured.loss(), plain.loss());
  }
}

}  // namespace
}  // namespace dipper
