// SPDX-License-Identifier: Apache-2.0
#include "graph/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/philox.hpp"
#include "graph/allocations.hpp"
#include "graph/branches.hpp"
#include "nets/nets.hpp"
#include "ops/masked_error.hpp"

namespace dipper {
namespace {

/// A whole network with its loss, filled with random numbers.
struct NetworkRun {
  NetworkRun(const char* name, Backend& backend, bool keep_all = false) {
    const Network& network = find_network(name);
    const Shape picture{3, 64, 64};
    z = graph.input(network.z_shape(picture, 3, {}), true);
    const Tensor y = graph.input(picture);
    const Tensor weights = graph.input({1, 64, 64});
    x = network.build(graph, z, 3, {});
    const Tensor loss = masked_error(graph, x, y, weights, Reduction::mean, "loss");
    std::vector<Tensor> kept{x};
    for (int id = 0; keep_all && id < static_cast<int>(graph.values().size()); ++id) kept.push_back({id});
    program = std::make_unique<Program>(graph, backend, loss, kept);
    const Philox random{.seed = 3, .stream = Stream::input};
    const auto fill = [&](std::span<float> values, std::uint64_t step, float scale) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = scale * (random.uniform(step, i) - 0.5F);
    };
    fill(program->value(z), 0, 2);
    fill(program->value(y), 1, 1);
    fill(program->theta(), 2, 0.3F);
    for (float& weight : program->value(weights)) weight = 1;
  }

  Graph graph;
  Tensor z, x;
  std::unique_ptr<Program> program;
};

class EveryNetwork : public testing::TestWithParam<const char*> {};

TEST_P(EveryNetwork, AllocatesNothingInAnIteration) {
  const auto backend = make_cpu_backend(2);
  NetworkRun run(GetParam(), *backend);
  run.program->forward();
  run.program->backward();
  const long before = allocation_count();
  for (int i = 0; i < 3; ++i) {
    run.program->forward();
    run.program->backward();
  }
  EXPECT_EQ(allocation_count(), before);
}

TEST_P(EveryNetwork, GivesTheSameResultsWhenRunAgain) {
  const auto backend = make_cpu_backend(2);
  NetworkRun run(GetParam(), *backend);
  const float loss = run.program->forward();
  run.program->backward();
  const std::vector<float> gradient(run.program->dtheta().begin(), run.program->dtheta().end());
  EXPECT_EQ(run.program->forward(), loss);
  run.program->backward();
  EXPECT_TRUE(std::equal(gradient.begin(), gradient.end(), run.program->dtheta().begin()));
}

// Tensors that live at different times share memory; when all of them are kept, none does.
TEST_P(EveryNetwork, SharingMemoryChangesNoBit) {
  const auto backend = make_cpu_backend(2);
  NetworkRun sharing(GetParam(), *backend);
  NetworkRun apart(GetParam(), *backend, true);
  EXPECT_LT(sharing.program->memory().bytes, apart.program->memory().bytes);
  EXPECT_EQ(sharing.program->forward(), apart.program->forward());
  sharing.program->backward();
  apart.program->backward();
  EXPECT_TRUE(std::ranges::equal(sharing.program->dtheta(), apart.program->dtheta()));
  EXPECT_TRUE(std::ranges::equal(sharing.program->gradient(sharing.z), apart.program->gradient(apart.z)));
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryNetwork,
                         testing::Values("hourglass-shuffle", "hourglass-deconv", "skip", "unet", "resnet", "texture",
                                         "decoder"));

TEST(Branches, SharingMemoryAndFusionChangeNoBit) {
  const auto backend = make_cpu_backend(2);
  const Branches branches;
  std::vector<Tensor> all(branches.graph.values().size());
  for (int id = 0; id < static_cast<int>(all.size()); ++id) all[id] = {id};
  const auto apart = branches.program(*backend, all, Fusion::off);
  const float loss = apart->forward();
  apart->backward();
  for (const Fusion fusion : {Fusion::on, Fusion::off}) {
    const auto sharing = branches.program(*backend, {branches.x}, fusion);
    EXPECT_LT(sharing->memory().bytes, apart->memory().bytes);
    EXPECT_EQ(sharing->forward(), loss);
    sharing->backward();
    EXPECT_TRUE(std::ranges::equal(sharing->dtheta(), apart->dtheta()));
    EXPECT_TRUE(std::ranges::equal(sharing->gradient(branches.z), apart->gradient(branches.z)));
    EXPECT_TRUE(std::ranges::equal(sharing->value(branches.x), apart->value(branches.x)));
  }
}

// The sum over all paths through the graph, which no test of a single layer sees.
TEST(Branches, GradientIsTheSlopeOfTheLoss) {
  for (const auto& backend : {make_cpu_backend(2), make_ref_backend()}) {
    const Branches branches;
    const auto program = branches.program(*backend, {branches.x});
    program->forward();
    program->backward();
    const std::vector<float> direction(program->dtheta().begin(), program->dtheta().end());
    const std::vector<float> theta(program->theta().begin(), program->theta().end());
    double square = 0;
    for (const float value : direction) square += static_cast<double>(value) * value;
    const auto loss_at = [&](double step) {
      for (std::size_t i = 0; i < theta.size(); ++i) {
        program->theta()[i] = static_cast<float>(theta[i] + step * direction[i]);
      }
      return static_cast<double>(program->forward());
    };
    const double step = 1e-3 / std::sqrt(square);
    EXPECT_NEAR((loss_at(step) - loss_at(-step)) / (2 * step * square), 1, 0.01) << backend->name();
  }
}

}  // namespace
}  // namespace dipper
