// SPDX-License-Identifier: Apache-2.0
// Values are checked against PyTorch in tests/golden.
#include "nets/skip.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "dipper/error.hpp"

namespace dipper {
namespace {

std::size_t parameters_of(int channels_in, int channels_out, const SkipOptions& options) {
  check(options);
  Graph graph;
  const int side = multiple(options);
  const Tensor x = skip(graph, graph.input({channels_in, side, 2 * side}), channels_out, options);
  EXPECT_EQ(graph.shape(x), (Shape{channels_out, side, 2 * side}));
  return graph.parameter_count();
}

// Counted by hand from the definition.
TEST(Skip, HasThePapersSizes) {
  EXPECT_EQ(parameters_of(32, 3, {}), 2'217'831U);
  EXPECT_EQ(parameters_of(32, 1, {}), 2'217'573U);
  EXPECT_EQ(parameters_of(3, 3, {}), 2'184'307U);
  EXPECT_EQ(parameters_of(2, 3, {.skip = {0}}), 2'157'955U);
  EXPECT_EQ(parameters_of(32, 3, {.skip = {128}}), 3'002'627U);
}

TEST(Skip, HasTheSizesOfThePapersOtherPictures) {
  const SkipOptions snail{.down = {8, 16, 32, 64, 128}, .up = {8, 16, 32, 64, 128}, .skip = {0, 0, 0, 4, 4}};
  EXPECT_EQ(parameters_of(3, 3, snail), 572'827U);
  const SkipOptions narrow{.down = {16, 32, 64, 128, 128}, .up = {16, 32, 64, 128, 128}, .skip = {0}};
  EXPECT_EQ(parameters_of(32, 3, narrow), 1'027'379U);
  const SkipOptions library{.down = {16, 32, 64, 128, 128, 128},
                            .up = {16, 32, 64, 128, 128, 128},
                            .skip = {0},
                            .down_kernel = {5},
                            .mix = false};
  EXPECT_EQ(parameters_of(1, 3, library), 2'996'467U);
}

TEST(Skip, CostsWhatThePapersDoes) {
  Graph graph;
  skip(graph, graph.input({32, 512, 512}), 3, {});
  double flops = 0;
  for (const Graph::Node& node : graph.nodes()) {
    if (std::holds_alternative<Conv2dDesc>(node.desc)) flops += forward_flops(node.desc);
  }
  EXPECT_NEAR(flops, 2 * 77e9, 2e9);
}

TEST(Skip, LeavesOutWhatItsOptionsLeaveOut) {
  Graph graph;
  const SkipOptions options{.down = {16, 32}, .up = {16, 32}, .skip = {0, 8}, .mix = false};
  const Tensor x = skip(graph, graph.input({1, 32, 16}), 1, options);
  EXPECT_EQ(graph.shape(x), (Shape{1, 32, 16}));
  const auto count = [&](const char* part) {
    return std::ranges::count_if(graph.nodes(),
                                 [&](const auto& node) { return node.name.find(part) != std::string::npos; });
  };
  EXPECT_EQ(count("concat"), 1);
  EXPECT_EQ(count("mix"), 0);
  EXPECT_EQ(count("upsample"), 2);
}

TEST(Skip, TakesOneValueForEachScaleOrOneForAll) {
  Graph graph;
  const SkipOptions options{.down = {2, 3}, .up = {5}, .down_kernel = {5, 3}, .upsampling = {"nearest", "bilinear"}};
  skip(graph, graph.input({1, 8, 8}), 1, options);
  const auto desc_of = [&](const char* name) {
    return std::ranges::find_if(graph.nodes(), [&](const auto& node) { return node.name == name; })->desc;
  };
  EXPECT_EQ(std::get<Conv2dDesc>(desc_of("scale0.down1.conv")).kernel, 5);
  EXPECT_EQ(std::get<Conv2dDesc>(desc_of("scale1.down1.conv")).kernel, 3);
  EXPECT_EQ(std::get<Conv2dDesc>(desc_of("scale0.up.conv")).out_channels, 5);
  EXPECT_EQ(std::get<Conv2dDesc>(desc_of("scale1.up.conv")).out_channels, 5);
  EXPECT_EQ(std::get<UpsampleDesc>(desc_of("scale0.upsample")).interpolation, Interpolation::nearest);
  EXPECT_EQ(std::get<UpsampleDesc>(desc_of("scale1.upsample")).interpolation, Interpolation::bilinear);
}

TEST(Skip, SaysWhichOptionsDoNotGoTogether) {
  const auto error_of = [](const SkipOptions& options) -> std::string {
    try {
      check(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of({.down = {16, 16, 16}, .skip = {4, 4}}),
            "skip.skip has 2 values but skip.down has 3, one for each scale: give as many, or one for all");
  EXPECT_EQ(error_of({.down = {16}, .upsampling = {"nearest", "nearest"}}),
            "skip.upsampling has 2 values but skip.down has 1, one for each scale: give as many, or one for all");
  EXPECT_EQ(error_of({.up_kernel = {4}}), "skip.up_kernel is 4 but a kernel's side must be odd");
  EXPECT_EQ(error_of({.skip_kernel = 2}), "skip.skip_kernel is 2 but a kernel's side must be odd");
  EXPECT_EQ(error_of({.down = std::vector<int>(11, 1)}),
            "skip.down has 11 values but a network can have at most 10 scales");
}

}  // namespace
}  // namespace dipper
